from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.choices import DiscountType, OfferKind

# What a recorded sale gets by itself, without a claim.
AUTOMATIC = (OfferKind.POINTS_MULTIPLIER, OfferKind.CASHBACK)


class Offer(models.Model):
    """What a partner offers for a time: money off, more points, a free good, a part of the price back (contract 5.8).

    Discounts and free goods are claimed, perhaps for points, and become a coupon. Points multipliers and cashback apply
    by themselves to every sale that they fit, so they carry no price, level or cap. Times are half-open: from
    `valid_from` until before `valid_until`. Localized texts are `{"en": …, "lt": …}`.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    external_id = models.CharField(_("number in the feed"), max_length=100, blank=True)
    feed = models.CharField(
        _("feed"), max_length=64, blank=True, editable=False, help_text=_("Which feed brought it; empty: by hand.")
    )
    title = models.JSONField(_("title"))
    description = models.JSONField(_("description"), default=dict, blank=True)
    terms_conditions = models.JSONField(_("terms and conditions"), default=dict, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=OfferKind, default=OfferKind.DISCOUNT)
    discount_type = models.CharField(_("discount is"), max_length=12, choices=DiscountType, blank=True)
    discount_value = models.DecimalField(
        _("discount"), max_digits=12, decimal_places=2, null=True, blank=True, help_text=_("Percent, or an amount.")
    )
    points_multiplier = models.DecimalField(
        _("points times"), max_digits=6, decimal_places=2, null=True, blank=True, help_text=_("2 doubles the points.")
    )
    points_required = models.PositiveIntegerField(_("costs points"), default=0)
    minimum_level = models.CharField(_("from customer level"), max_length=50, blank=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    usage_limit = models.PositiveIntegerField(_("at most in total"), null=True, blank=True)
    usage_count = models.PositiveIntegerField(_("claimed"), default=0, editable=False)
    user_limit = models.PositiveIntegerField(_("at most per customer"), null=True, blank=True)
    minimum_purchase = models.DecimalField(
        _("minimum purchase"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    maximum_discount = models.DecimalField(
        _("maximum discount"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    coupon_validity_days = models.PositiveSmallIntegerField(
        _("days a coupon is valid"), null=True, blank=True, help_text=_("Empty: as long as the offer.")
    )
    product = models.ForeignKey(
        "partners.Product", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    categories = models.ManyToManyField(
        "partners.Category",
        through="partners.OfferCategory",
        related_name="offers",
        verbose_name=_("categories"),
        blank=True,
        help_text=_("Which goods; none means all."),
    )
    shops = models.ManyToManyField(
        "partners.Shop",
        through="partners.OfferShop",
        related_name="offers",
        verbose_name=_("shops"),
        blank=True,
        help_text=_("Where it is valid; none means everywhere."),
    )
    # No foreign keys: programmes belong to an app above this one, which is asked by `selectors/programmes.py`.
    card_ids = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("card programmes"),
        default=list,
        blank=True,
        help_text=_("Whose cards get it; none means all."),
    )
    image_url = models.URLField(_("picture address"), max_length=1000, blank=True)
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("Of several that fit a sale the highest wins; of equal ones the best.")
    )
    is_featured = models.BooleanField(_("featured"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.CheckConstraint(
                # An absent figure is unknown, and what is unknown would pass.
                condition=(
                    Q(kind="discount", discount_value__isnull=False, discount_value__gt=0) & ~Q(discount_type="")
                )
                | Q(kind="cashback", discount_type="percentage", discount_value__isnull=False, discount_value__gt=0)
                | Q(kind="free_item")
                | Q(kind="points_multiplier", points_multiplier__isnull=False, points_multiplier__gt=1),
                name="offer_has_its_figure",
            ),
            models.CheckConstraint(
                condition=~Q(discount_type="percentage") | Q(discount_value__lte=100), name="offer_percent_at_most_100"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="offer_window_ordered",
            ),
            models.CheckConstraint(
                condition=Q(usage_limit=None) | Q(usage_count__lte=F("usage_limit")), name="offer_within_its_limit"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=AUTOMATIC)
                | Q(points_required=0, minimum_level="", usage_limit=None, user_limit=None),
                name="offer_automatic_is_free",
            ),
            models.CheckConstraint(
                condition=(Q(minimum_purchase=None) | Q(minimum_purchase__gte=0))
                & (Q(maximum_discount=None) | Q(maximum_discount__gt=0)),
                name="offer_money_positive",
            ),
            models.UniqueConstraint(
                fields=["partner", "external_id"], condition=~Q(external_id=""), name="offer_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], condition=Q(deleted_at=None), name="offer_partner"),
            # What a sale looks for: nearly always nothing, or a handful.
            models.Index(
                fields=["partner"],
                condition=Q(kind__in=AUTOMATIC, is_active=True, deleted_at=None),
                name="offer_automatic",
            ),
        ]

    def __str__(self) -> str:
        return str(self.title.get("en") or self.title.get("lt") or self.pk)

    @property
    def is_automatic(self) -> bool:
        """Whether sales get it by themselves."""
        return self.kind in AUTOMATIC


class OfferCategory(models.Model):
    """One group of goods that an offer is for."""

    offer = models.ForeignKey("partners.Offer", models.CASCADE, related_name="+", verbose_name=_("offer"))
    category = models.ForeignKey("partners.Category", models.CASCADE, related_name="+", verbose_name=_("category"))

    class Meta:
        verbose_name = _("category of an offer")
        verbose_name_plural = _("categories of an offer")
        constraints = [models.UniqueConstraint(fields=["offer", "category"], name="offer_category_once")]

    def __str__(self) -> str:
        return f"{self.offer_id}@{self.category_id}"


class OfferShop(models.Model):
    """One shop where an offer is valid."""

    offer = models.ForeignKey("partners.Offer", models.CASCADE, related_name="+", verbose_name=_("offer"))
    shop = models.ForeignKey("partners.Shop", models.CASCADE, related_name="+", verbose_name=_("shop"))

    class Meta:
        verbose_name = _("shop of an offer")
        verbose_name_plural = _("shops of an offer")
        constraints = [models.UniqueConstraint(fields=["offer", "shop"], name="offer_shop_once")]

    def __str__(self) -> str:
        return f"{self.offer_id}@{self.shop_id}"
