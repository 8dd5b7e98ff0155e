from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from games.choices import AutoStamp, CouponValidity, GameType, Overflow
from games.models.reward import RewardFields, reward_constraints


class Game(RewardFields):
    """A game of one partner: what is played, by whom, for what (contract 3.6).

    `name`, `description` and `reward_description` hold what the partner wrote, a text or `{"en": …, "lt": …}`. The
    reward fields are what a completed game gives; a wheel or a scratch card draws one of its prizes instead.
    `config` holds what only one type needs: questions of a quiz, pairs of a memory, items of a collection.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    game_type = models.CharField(_("type"), max_length=20, choices=GameType)
    name = models.JSONField(_("name"))
    description = models.JSONField(_("description"))
    reward_description = models.JSONField(_("what can be won"))
    is_active = models.BooleanField(_("active"), default=True)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    shops = models.ManyToManyField(
        "partners.Shop",
        through="games.GameShop",
        related_name="+",
        verbose_name=_("shops"),
        blank=True,
        help_text=_("Where it is played; none means everywhere."),
    )
    products = models.ManyToManyField(
        "partners.Product",
        through="games.GameProduct",
        related_name="+",
        verbose_name=_("products"),
        blank=True,
        help_text=_("What the winner may choose from."),
    )
    branding = models.JSONField(_("look"), default=dict, blank=True)
    config = models.JSONField(_("configuration"), default=dict, blank=True)
    # --- coupons
    allow_multiple_active_coupons = models.BooleanField(
        _("several live coupons"), default=True, help_text=_("Off: a customer holds at most one unused coupon.")
    )
    coupon_validity = models.CharField(
        _("coupons are valid"), max_length=10, choices=CouponValidity, default=CouponValidity.DEFAULT
    )
    coupon_validity_days = models.PositiveSmallIntegerField(_("days a coupon is valid"), null=True, blank=True)
    # --- stamp card
    stamps_required = models.PositiveSmallIntegerField(_("stamps for a full card"), null=True, blank=True)
    reset_on_complete = models.BooleanField(
        _("start again when full"), default=True, help_text=_("Off: the card stays full until it is started again.")
    )
    overflow = models.CharField(_("stamps beyond the last"), max_length=10, choices=Overflow, default=Overflow.CARRY)
    auto_stamp = models.CharField(_("stamps by sales"), max_length=20, choices=AutoStamp, default=AutoStamp.NONE)
    stamp_expiration_days = models.PositiveSmallIntegerField(_("days its reward is valid"), null=True, blank=True)
    stamp_design = models.JSONField(_("look of the stamp card"), default=dict, blank=True)
    # --- plays
    points_cost = models.PositiveIntegerField(_("points a play costs"), default=0)
    plays_per_day = models.PositiveSmallIntegerField(
        _("plays a day"), null=True, blank=True, help_text=_("Of one customer; empty: any number.")
    )
    plays_per_customer = models.PositiveIntegerField(_("plays a customer"), null=True, blank=True)
    session_minutes = models.PositiveSmallIntegerField(_("minutes a play may take"), default=30)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("game")
        verbose_name_plural = _("games")
        constraints = [
            *reward_constraints("game"),
            models.CheckConstraint(
                condition=~Q(game_type="stamps")
                | Q(stamps_required__isnull=False, stamps_required__gte=1, stamps_required__lte=100),
                name="game_stamps_required",
            ),
            models.CheckConstraint(
                condition=Q(
                    coupon_validity="days",
                    coupon_validity_days__isnull=False,
                    coupon_validity_days__gte=1,
                    coupon_validity_days__lte=3650,
                )
                | (~Q(coupon_validity="days") & Q(coupon_validity_days=None)),
                name="game_coupon_validity",
            ),
            models.CheckConstraint(
                condition=Q(stamp_expiration_days=None)
                | Q(stamp_expiration_days__gte=1, stamp_expiration_days__lte=3650),
                name="game_stamp_expiration_range",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="game_ends_after_start",
            ),
            models.CheckConstraint(condition=Q(session_minutes__gte=1), name="game_session_minutes_positive"),
        ]
        indexes = [models.Index(F("partner"), F("id").desc(), name="game_partner")]

    def __str__(self) -> str:
        if isinstance(self.name, dict):
            return str(self.name.get("en") or self.name.get("lt") or next(iter(self.name.values()), self.pk))
        return str(self.name)


class GameShop(models.Model):
    """One shop where a game is played."""

    game = models.ForeignKey("games.Game", models.CASCADE, related_name="+", verbose_name=_("game"))
    shop = models.ForeignKey("partners.Shop", models.CASCADE, related_name="+", verbose_name=_("shop"))

    class Meta:
        verbose_name = _("shop of a game")
        verbose_name_plural = _("shops of a game")
        constraints = [models.UniqueConstraint(fields=["game", "shop"], name="game_shop_once")]

    def __str__(self) -> str:
        return f"{self.game_id}@{self.shop_id}"


class GameProduct(models.Model):
    """One good that a winner may choose."""

    game = models.ForeignKey("games.Game", models.CASCADE, related_name="+", verbose_name=_("game"))
    product = models.ForeignKey("partners.Product", models.CASCADE, related_name="+", verbose_name=_("product"))

    class Meta:
        verbose_name = _("product of a game")
        verbose_name_plural = _("products of a game")
        constraints = [models.UniqueConstraint(fields=["game", "product"], name="game_product_once")]

    def __str__(self) -> str:
        return f"{self.game_id}:{self.product_id}"
