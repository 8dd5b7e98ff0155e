"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FeedSource(models.TextChoices):
    URL = "url", _("Address")
    FILE = "file", _("File")


class ImportStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
