import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from games.choices import CouponStatus
from games.models.keys import LOOSE
from games.models.reward import RewardFields, reward_constraints


class CouponBatch(RewardFields):
    """Codes that were made together, for print or for a mailing; nobody owns them until one is redeemed."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    name = models.CharField(_("name"), max_length=100)
    title = models.JSONField(_("title"), default=dict)
    quantity = models.PositiveIntegerField(_("quantity"))
    made = models.PositiveIntegerField(_("codes made"), default=0, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    shops = models.ManyToManyField(
        "partners.Shop",
        through="games.BatchShop",
        related_name="+",
        verbose_name=_("shops"),
        blank=True,
        help_text=_("Where its codes are valid; none means everywhere."),
    )
    created_at = models.DateTimeField(_("created at"))
    # Set when the last code is there.
    completed_at = models.DateTimeField(_("completed at"), null=True, editable=False)

    class Meta:
        verbose_name = _("coupon batch")
        verbose_name_plural = _("coupon batches")
        constraints = [
            *reward_constraints("batch"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=1_000_000), name="batch_quantity_range"),
            models.CheckConstraint(condition=Q(made__lte=F("quantity")), name="batch_within_quantity"),
        ]
        indexes = [models.Index(F("partner"), F("id").desc(), name="batch_partner")]

    def __str__(self) -> str:
        return self.name


class BatchShop(models.Model):
    """One shop where the codes of a batch are valid."""

    batch = models.ForeignKey("games.CouponBatch", models.CASCADE, related_name="+", verbose_name=_("coupon batch"))
    shop = models.ForeignKey("partners.Shop", models.CASCADE, related_name="+", verbose_name=_("shop"))

    class Meta:
        verbose_name = _("shop of a coupon batch")
        verbose_name_plural = _("shops of a coupon batch")
        constraints = [models.UniqueConstraint(fields=["batch", "shop"], name="batch_shop_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}@{self.shop_id}"


class Coupon(RewardFields):
    """A promise that a shop keeps once. Its reward is a copy, so that changing the game never changes what was won.

    Every step of its life is a conditional update of `status`; the anchor of its issued card is locked first.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, **LOOSE, related_name="+", verbose_name=_("partner")
    )
    code = models.CharField(_("code"), max_length=20)
    qr_value = models.UUIDField(_("QR value"), default=uuid.uuid4)
    status = models.CharField(_("status"), max_length=10, choices=CouponStatus, default=CouponStatus.ACTIVE)
    title = models.JSONField(_("title"), default=dict)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("customer")
    )
    issued_card = models.ForeignKey(
        "cards.IssuedCard", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("issued card")
    )
    # --- where it came from
    game = models.ForeignKey(
        "games.Game", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("game")
    )
    prize = models.ForeignKey(
        "games.Prize", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("prize")
    )
    offer = models.ForeignKey(
        "partners.Offer", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("offer")
    )
    batch = models.ForeignKey(
        "games.CouponBatch", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("batch")
    )
    earned_by = models.ForeignKey(
        "ledger.Transaction", models.PROTECT, db_index=False, null=True, related_name="+", verbose_name=_("earned by")
    )
    # The game allows one live coupon a customer: held by a unique index.
    is_exclusive = models.BooleanField(_("only one at a time"), default=False)
    points_spent = models.PositiveIntegerField(_("points paid"), default=0)
    issued_at = models.DateTimeField(_("issued at"))
    expires_at = models.DateTimeField(_("expires at"), null=True)
    # --- what became of it
    pending_at = models.DateTimeField(_("pending since"), null=True)
    pending_shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("pending at shop")
    )
    selected_product = models.ForeignKey(
        "partners.Product", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("chosen product")
    )
    redeemed_at = models.DateTimeField(_("redeemed at"), null=True)
    redeemed_shop = models.ForeignKey(
        "partners.Shop", models.PROTECT, **LOOSE, null=True, related_name="+", verbose_name=_("redeemed at shop")
    )
    redeemed_by = models.ForeignKey(
        "ledger.Transaction",
        models.PROTECT,
        db_index=False,
        null=True,
        related_name="+",
        verbose_name=_("redeeming purchase"),
    )
    redeemed_actor_kind = models.CharField(_("redeemed by"), max_length=20, blank=True)
    redeemed_actor_id = models.BigIntegerField(_("redeemed by, id"), null=True)
    redemption_reference = models.CharField(_("reference"), max_length=255, blank=True)
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    ended_at = models.DateTimeField(_("expired or cancelled at"), null=True)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            *reward_constraints("coupon"),
            models.UniqueConstraint(fields=["partner", "code"], name="coupon_code_unique"),
            models.UniqueConstraint(fields=["partner", "qr_value"], name="coupon_qr_unique"),
            models.UniqueConstraint(
                fields=["game", "customer"],
                condition=Q(is_exclusive=True, status__in=["active", "pending"]),
                name="coupon_one_live_per_game",
            ),
            models.CheckConstraint(
                condition=Q(status="redeemed", redeemed_at__isnull=False)
                | (~Q(status="redeemed") & Q(redeemed_at=None)),
                name="coupon_redeemed_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", pending_at__isnull=False, pending_shop__isnull=False)
                | (~Q(status="pending") & Q(pending_at=None, pending_shop=None)),
                name="coupon_pending_has_shop",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["expired", "cancelled"]) | Q(ended_at__isnull=False),
                name="coupon_ended_has_moment",
            ),
        ]
        indexes = [
            models.Index(F("partner"), F("id").desc(), name="coupon_partner"),
            # The back office looks for a code without knowing whose it is.
            models.Index(fields=["code"], name="coupon_code"),
            models.Index(F("issued_card"), F("id").desc(), condition=Q(issued_card__isnull=False), name="coupon_card"),
            models.Index(F("customer"), F("id").desc(), condition=Q(customer__isnull=False), name="coupon_customer"),
            models.Index(F("game"), F("id").desc(), condition=Q(game__isnull=False), name="coupon_game"),
            # Statistics of a game.
            models.Index(fields=["game", "issued_at"], condition=Q(game__isnull=False), name="coupon_game_issued"),
            models.Index(
                fields=["game", "redeemed_at", "customer"],
                condition=Q(game__isnull=False, redeemed_at__isnull=False),
                name="coupon_game_redeemed",
            ),
            models.Index(F("offer"), F("customer"), condition=Q(offer__isnull=False), name="coupon_offer"),
            models.Index(F("batch"), F("id"), condition=Q(batch__isnull=False), name="coupon_batch"),
            models.Index(fields=["earned_by"], condition=Q(earned_by__isnull=False), name="coupon_earned_by"),
            models.Index(fields=["redeemed_by"], condition=Q(redeemed_by__isnull=False), name="coupon_redeemed_by"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["active", "pending"], expires_at__isnull=False),
                name="coupon_expiry",
            ),
        ]

    def __str__(self) -> str:
        return self.code
