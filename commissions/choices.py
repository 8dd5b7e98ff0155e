"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Component(models.TextChoices):
    """What a commission pays for."""

    PLATFORM = "platform", _("Platform")
    PROCESSING = "processing", _("Payment processing")


class RateMode(models.TextChoices):
    FLAT = "flat", _("One percentage")
    MARGINAL = "marginal", _("Tiers, each part at its own percentage")
    WHOLE = "whole", _("Tiers, everything at the percentage reached")


class PeriodState(models.TextChoices):
    OPEN = "open", _("Still open")
    LOCKED = "locked", _("Locked")
    SETTLED = "settled", _("Settled")


class EntryKind(models.TextChoices):
    """Why a line of commission exists."""

    ACCRUAL = "accrual", _("Accrual")
    LATE_ACCRUAL = "late_accrual", _("Late accrual")
    REVERSAL = "reversal", _("Reversal")
    ADJUSTMENT = "adjustment", _("Adjustment")
    NO_RATE = "no_rate", _("No rate")
    MINIMUM_TOPUP = "minimum_topup", _("Top-up to the minimum")
    CAP_REDUCTION = "cap_reduction", _("Reduction to the cap")
    MANUAL = "manual", _("Manual")


# Lines that follow a sale or refund, and change with it. Other kinds stand by themselves: no synchronizing sees them.
FOLLOWING = (
    EntryKind.ACCRUAL,
    EntryKind.LATE_ACCRUAL,
    EntryKind.REVERSAL,
    EntryKind.ADJUSTMENT,
    EntryKind.NO_RATE,
)


class SourceType(models.TextChoices):
    """What a line of commission was made from."""

    TRANSACTION = "transaction", _("Transaction")
    PERIOD = "period", _("Period")
    MANUAL = "manual", _("Manual")


class SyncKind(models.TextChoices):
    ACCRUAL = "accrual", _("New sales")
    FORCE = "force", _("Forced")
    LOCK = "lock", _("Before locking")
