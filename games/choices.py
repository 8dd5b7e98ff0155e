"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class GameType(models.TextChoices):
    STAMPS = "stamps", _("Stamp card")
    WHEEL = "wheel", _("Wheel of fortune")
    COLLECTION = "collection", _("Collection")
    QUIZ = "quiz", _("Quiz")
    MEMORY = "memory", _("Memory")
    SCRATCH = "scratch", _("Scratch card")


class RewardType(models.TextChoices):
    """What a reward is worth: a good, a share or an amount of the purchase, or points at once."""

    FREE_PRODUCT = "free_product", _("Free product")
    PERCENTAGE = "percentage", _("Percentage off")
    FIXED = "fixed", _("Amount off")
    POINTS = "points", _("Points")
    NONE = "none", _("Nothing")


class CouponValidity(models.TextChoices):
    """How long a game's coupons are valid (contract 16.22)."""

    DAYS = "days", _("A number of days")
    NEVER = "never", _("Without end")
    DEFAULT = "default", _("As the card programme says")


class Overflow(models.TextChoices):
    """What becomes of stamps beyond the last one."""

    CARRY = "carry", _("Counted on the next card")
    CAP = "cap", _("Lost")


class AutoStamp(models.TextChoices):
    """Whether a sale gives stamps by itself (decision 31)."""

    NONE = "none", _("No")
    PER_PURCHASE = "per_purchase", _("One a purchase")
    PER_PRODUCT = "per_product", _("One for each product of the game")


class StampAction(models.TextChoices):
    STAMP_ADDED = "stamp_added", _("Stamps added")
    STAMP_TAKEN_BACK = "stamp_taken_back", _("Stamps taken back")
    GAME_COMPLETED = "game_completed", _("Completed")
    RESTARTED = "restarted", _("Started again")


class CouponStatus(models.TextChoices):
    """`active → pending → redeemed`, or `expired` or `cancelled` from either of the first two (contract 5.9)."""

    ACTIVE = "active", _("Active")
    PENDING = "pending", _("Pending")
    REDEEMED = "redeemed", _("Redeemed")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")


LIVE_COUPON = (CouponStatus.ACTIVE, CouponStatus.PENDING)


class PlayStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    COMPLETED = "completed", _("Completed")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")
