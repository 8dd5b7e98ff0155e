"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class IssuedCardStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")


class QrCardStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    COMPLETED = "completed", _("Completed")
    EXPIRED = "expired", _("Expired")
