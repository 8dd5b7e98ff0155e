"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerSource(models.TextChoices):
    """How a partner came to know a customer."""

    STAFF = "staff", _("Staff")
    TILL = "till", _("Till")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    APP = "app", _("App")
    DEMO = "demo", _("Demo")


class OtpPurpose(models.TextChoices):
    """What a one-time code is good for; it is good for nothing else."""

    LOGIN = "login", _("Log-in")
    REGISTER = "register", _("Registration")
    VERIFY = "verify", _("Verification")


class QrLoginStatus(models.TextChoices):
    """Where a log-in by QR code stands, as tills see it (contract 16.5)."""

    PENDING = "pending", _("Waiting")
    SCANNED = "scanned", _("Scanned")
    AUTHENTICATED = "authenticated", _("Confirmed")
    CANCELLED = "cancelled", _("Rejected")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
