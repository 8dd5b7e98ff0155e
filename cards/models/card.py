from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Card(models.Model):
    """A card programme: how points are earned, spent and lost, and how the card looks (contract 3.5).

    Ids come from the sequence `cards_identity`, shared with issued cards. Localized texts are `{"en": …, "lt": …}`.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    title = models.JSONField(_("title"))
    description = models.JSONField(_("description"), default=dict)
    terms_conditions = models.JSONField(_("terms and conditions"), default=dict)
    card_design = models.JSONField(_("design"), default=dict)
    shops = models.ManyToManyField(
        "partners.Shop",
        through="cards.CardShop",
        related_name="+",
        verbose_name=_("shops"),
        blank=True,
        help_text=_("Where the card is valid; none means everywhere."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    auto_assign = models.BooleanField(_("issue to new customers"), default=True)
    # --- earning
    points_enabled = models.BooleanField(_("earns points"), default=True)
    initial_bonus_points = models.PositiveIntegerField(_("bonus when issued"), default=0)
    points_expiration_days = models.PositiveIntegerField(
        _("days until points expire"), null=True, blank=True, help_text=_("Empty: never.")
    )
    points_per_currency = models.DecimalField(_("points"), max_digits=12, decimal_places=4, default=1)
    currency_amount = models.DecimalField(_("per amount"), max_digits=12, decimal_places=2, default=1)
    round_points_up = models.BooleanField(_("round up"), default=False)
    min_points_per_purchase = models.PositiveIntegerField(_("least points a purchase"), default=0)
    max_points_per_purchase = models.PositiveIntegerField(_("most points a purchase"), null=True, blank=True)
    points_per_visit = models.PositiveIntegerField(_("points a visit"), default=0)
    # --- spending
    points_redemption_enabled = models.BooleanField(_("points can be spent"), default=False)
    points_per_currency_redemption = models.DecimalField(
        _("points to spend"), max_digits=12, decimal_places=4, default=100
    )
    currency_amount_redemption = models.DecimalField(_("are worth"), max_digits=12, decimal_places=2, default=1)
    min_points_for_redemption = models.PositiveIntegerField(_("least points spent"), default=0)
    max_points_per_redemption = models.PositiveIntegerField(_("most points spent"), null=True, blank=True)
    # --- coupons of games
    default_coupon_validity_days = models.PositiveSmallIntegerField(
        _("days a coupon is valid"), null=True, blank=True, help_text=_("1 to 3650; empty: unlimited.")
    )
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("card programme")
        verbose_name_plural = _("card programmes")
        constraints = [
            models.CheckConstraint(
                condition=Q(points_per_currency__gt=0, currency_amount__gt=0), name="card_earning_rate_positive"
            ),
            models.CheckConstraint(
                condition=Q(points_per_currency_redemption__gt=0, currency_amount_redemption__gt=0),
                name="card_redemption_rate_positive",
            ),
            models.CheckConstraint(
                condition=Q(max_points_per_purchase=None)
                | Q(max_points_per_purchase__gte=models.F("min_points_per_purchase")),
                name="card_purchase_clamp_ordered",
            ),
            models.CheckConstraint(
                condition=Q(max_points_per_redemption=None)
                | Q(max_points_per_redemption__gte=models.F("min_points_for_redemption")),
                name="card_redemption_clamp_ordered",
            ),
            models.CheckConstraint(
                condition=Q(default_coupon_validity_days=None)
                | Q(default_coupon_validity_days__gte=1, default_coupon_validity_days__lte=3650),
                name="card_coupon_validity_range",
            ),
        ]
        indexes = [models.Index(fields=["partner", "id"], name="card_partner")]

    def __str__(self) -> str:
        return str(self.title.get("en") or self.title.get("lt") or self.pk)

    @property
    def is_usable(self) -> bool:
        """Whether the programme runs: active and not deleted."""
        return self.is_active and self.deleted_at is None


class CardShop(models.Model):
    """One shop where a card programme is valid."""

    card = models.ForeignKey("cards.Card", models.CASCADE, related_name="+", verbose_name=_("card programme"))
    shop = models.ForeignKey("partners.Shop", models.CASCADE, related_name="+", verbose_name=_("shop"))

    class Meta:
        verbose_name = _("shop of a card programme")
        verbose_name_plural = _("shops of a card programme")
        constraints = [models.UniqueConstraint(fields=["card", "shop"], name="card_shop_once")]

    def __str__(self) -> str:
        return f"{self.card_id}@{self.shop_id}"
