"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TransactionType(models.TextChoices):
    PURCHASE = "purchase", _("Purchase")
    REFUND = "refund", _("Refund")
    CANCELLATION = "cancellation", _("Cancellation")


class TransactionStatus(models.TextChoices):
    COMPLETED = "completed", _("Completed")
    PENDING = "pending", _("Pending")
    CANCELLED = "cancelled", _("Cancelled")


class TransactionSource(models.TextChoices):
    TILL = "till", _("Till")
    IMPORT = "import", _("Import")
    DEMO = "demo", _("Demo")


class EntryKind(models.TextChoices):
    """Why points moved."""

    EARN = "earn", _("Earned")
    BONUS = "bonus", _("Bonus")
    REDEEM = "redeem", _("Redeemed")
    EXPIRE = "expire", _("Expired")
    TAKE_BACK = "take_back", _("Taken back")
    GIVE_BACK = "give_back", _("Given back")
    ADJUST = "adjust", _("Adjusted")
    TRANSFER_OUT = "transfer_out", _("Transferred out")
    TRANSFER_IN = "transfer_in", _("Transferred in")
