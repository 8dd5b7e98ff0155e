from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.choices import Availability


class Category(models.Model):
    """A group of goods, one of a tree. `key` is the name as tills send it, trimmed and case-folded.

    A group below one that earns no points earns none either; the services keep it so, and the till need not climb.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    key = models.CharField(_("key"), max_length=100)
    slug = models.SlugField(_("name in addresses"), max_length=120, blank=True, db_index=False)
    name = models.JSONField(_("name"), default=dict)
    description = models.JSONField(_("description"), default=dict, blank=True)
    earns_points = models.BooleanField(
        _("earns points"), default=True, help_text=_("Off for alcohol, tobacco, gift cards and the like.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(fields=["partner", "key"], name="category_key_unique"),
            models.UniqueConstraint(fields=["partner", "slug"], condition=~Q(slug=""), name="category_slug_unique"),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")), name="category_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Product(models.Model):
    """One good, known by the till's own number for it, as a catalogue shows it (contract 8).

    `category` is its main group, the one that the ledger asks whether it earns points; `categories` are all groups that
    show it, those above them included. Prices are in `currency`; `discounted_price` is what a member pays, if less.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    external_id = models.CharField(_("number at the till"), max_length=100)
    xml_id = models.CharField(_("number in the feed"), max_length=100, blank=True)
    feed = models.CharField(
        _("feed"), max_length=64, blank=True, editable=False, help_text=_("Which feed brought it; empty: by hand.")
    )
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    category = models.ForeignKey(
        "partners.Category", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    categories = models.ManyToManyField(
        "partners.Category",
        through="partners.ProductCategory",
        related_name="products",
        verbose_name=_("categories"),
        blank=True,
    )
    earns_points = models.BooleanField(_("earns points"), default=True)
    brand = models.CharField(_("brand"), max_length=255, blank=True)
    model = models.CharField(_("model"), max_length=255, blank=True)
    sku = models.CharField(_("SKU"), max_length=100, blank=True)
    ean = models.CharField(_("EAN"), max_length=32, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    discounted_price = models.DecimalField(
        _("discounted price"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR", help_text=_("ISO 4217 code"))
    availability = models.CharField(
        _("availability"), max_length=16, choices=Availability, default=Availability.IN_STOCK
    )
    stock_quantity = models.PositiveIntegerField(_("in stock"), null=True, blank=True)
    weight = models.CharField(_("weight"), max_length=50, blank=True)
    color = models.CharField(_("color"), max_length=50, blank=True)
    size = models.CharField(_("size"), max_length=50, blank=True)
    delivery_info = models.CharField(_("delivery"), max_length=500, blank=True)
    warranty_info = models.CharField(_("warranty"), max_length=500, blank=True)
    image_url = models.URLField(_("picture address"), max_length=1000, blank=True)
    images = models.JSONField(_("more pictures"), default=list, blank=True)
    external_url = models.URLField(_("page address"), max_length=1000, blank=True)
    is_featured = models.BooleanField(_("featured"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    # The feed does not bring it any more, and switched it off; it comes back with the feed.
    missing_since = models.DateTimeField(_("not in the feed since"), null=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(fields=["partner", "external_id"], name="product_external_id_unique"),
            models.CheckConstraint(
                condition=(Q(price=None) | Q(price__gte=0)) & (Q(discounted_price=None) | Q(discounted_price__gte=0)),
                name="product_prices_not_negative",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="product_currency_iso"),
            models.CheckConstraint(
                condition=Q(availability__in=Availability.values), name="product_availability_known"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], condition=Q(deleted_at=None), name="product_partner"),
            models.Index(fields=["partner", "feed"], condition=~Q(feed=""), name="product_feed"),
        ]

    def __str__(self) -> str:
        return self.name


class ProductCategory(models.Model):
    """One group that shows a product."""

    product = models.ForeignKey("partners.Product", models.CASCADE, related_name="+", verbose_name=_("product"))
    category = models.ForeignKey("partners.Category", models.CASCADE, related_name="+", verbose_name=_("category"))

    class Meta:
        verbose_name = _("category of a product")
        verbose_name_plural = _("categories of a product")
        constraints = [models.UniqueConstraint(fields=["product", "category"], name="product_category_once")]

    def __str__(self) -> str:
        return f"{self.product_id}@{self.category_id}"
