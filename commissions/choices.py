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


class StatementStatus(models.TextChoices):
    """Where a statement stands; `withdrawn`: its month was unlocked before it was issued."""

    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Issued")
    SETTLED = "settled", _("Settled")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ClosePolicy(models.TextChoices):
    """Who closes months."""

    BY_HAND = "by_hand", _("By hand")
    AUTOMATIC = "automatic", _("By itself, some days after the month's end")


class PayoutDirection(models.TextChoices):
    """Who pays: the platform (payout) or the partner (invoice)."""

    PAYOUT = "payout", _("Payout")
    INVOICE = "invoice", _("Invoice")


class PayoutStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Issued")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Failed")


class PayoutMethod(models.TextChoices):
    """How the money moves."""

    BANK_FILE = "bank_file", _("Bank file")
    PROVIDER = "provider", _("Payment provider")
    MANUAL = "manual", _("By hand")


class PayoutRunStatus(models.TextChoices):
    LIVE = "live", _("In force")
    CANCELLED = "cancelled", _("Cancelled")
