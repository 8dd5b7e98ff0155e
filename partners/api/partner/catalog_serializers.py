"""How offers, products and categories are written and read."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from loyalty.api.localized import LocalizedTextField
from partners.api.moments import MomentField
from partners.choices import Availability, DiscountType, OfferKind
from partners.models import Offer
from partners.rules.offers import status_of

BIGINT = 2**63 - 1
MAX_COUNT = 1_000_000_000
MAX_LINKS = 1_000
MAX_IMAGES = 50


def _money(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), required=False, allow_null=True, **options
    )


def _count(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MAX_COUNT, required=False, allow_null=True, **options)


def _text(most: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, required=False, allow_blank=True, **options)


class WebLinkField(serializers.URLField):
    """An address of the web; nothing that a browser would run."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if text and not text.lower().startswith(("http://", "https://")):
            self.fail("invalid")
        return text


def _web(**options: Any) -> WebLinkField:
    return WebLinkField(max_length=1_000, required=False, allow_blank=True, **options)


class IdsField(serializers.ListField):
    """Ids of other objects; read from the related rows."""

    child = serializers.IntegerField(min_value=1, max_value=BIGINT)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_LINKS, **options)

    def to_representation(self, value: Any) -> list[int]:
        return [row.pk for row in value.all()]


class LinkedSerializer(serializers.Serializer):
    """Hands links on under the names that services take."""

    links = {"shops": "shop_ids", "categories": "category_ids"}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {self.links.get(name, name): value for name, value in attrs.items()}


class OfferSerializer(LinkedSerializer):
    """An offer. On a change every field is optional."""

    id = serializers.IntegerField(read_only=True)
    partner_id = serializers.IntegerField(read_only=True)
    external_id = _text(100, help_text="Your own number of it.")
    title = LocalizedTextField(max_length=255)
    description = LocalizedTextField(max_length=10_000, required=False, allow_empty=True)
    terms_conditions = LocalizedTextField(max_length=50_000, required=False, allow_empty=True)
    type = serializers.ChoiceField(
        choices=OfferKind.choices, source="kind", required=False, help_text="Default discount."
    )
    discount_type = serializers.ChoiceField(choices=DiscountType.choices, required=False, allow_blank=True)
    discount_value = serializers.DecimalField(
        max_digits=12, decimal_places=2, required=False, allow_null=True, help_text="Percent, or an amount."
    )
    points_multiplier = serializers.DecimalField(
        max_digits=6, decimal_places=2, required=False, allow_null=True, help_text="2 doubles the points of a sale."
    )
    points_required = serializers.IntegerField(
        min_value=0, max_value=MAX_COUNT, required=False, help_text="What a claim costs. Default 0."
    )
    minimum_level = _text(50, help_text="The customer level from which it can be claimed.")
    valid_from = MomentField(required=False, allow_null=True, help_text="An instant, or a day of the partner.")
    valid_until = MomentField(
        ends=True, required=False, allow_null=True, help_text="It ends before this instant, or with this day."
    )
    usage_limit = _count(help_text="Most claims in total. null: no limit.")
    usage_count = serializers.IntegerField(read_only=True)
    user_limit = _count(help_text="Most claims of one customer. null: no limit.")
    minimum_purchase = _money()
    maximum_discount = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal("0.01"), required=False, allow_null=True
    )
    coupon_validity_days = serializers.IntegerField(
        min_value=1, max_value=3650, required=False, allow_null=True, help_text="null: as long as the offer."
    )
    product_id = serializers.IntegerField(min_value=1, max_value=BIGINT, required=False, allow_null=True)
    category_ids = IdsField(source="categories", required=False, help_text="Which goods. Empty: all.")
    shop_ids = IdsField(source="shops", required=False, help_text="Empty: valid everywhere.")
    card_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGINT),
        max_length=MAX_LINKS,
        required=False,
        help_text="The card programmes whose cards get it. Empty: all.",
    )
    image_url = _web()
    priority = serializers.IntegerField(
        min_value=-1_000, max_value=1_000, required=False, help_text="Of several that fit a sale the highest wins."
    )
    is_featured = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False, help_text="Default true.")
    status = serializers.SerializerMethodField(help_text="inactive, expired, scheduled, used_up or active.")
    created_at = serializers.DateTimeField(format=None, read_only=True)
    updated_at = serializers.DateTimeField(format=None, read_only=True)

    def get_status(self, offer: Offer) -> str:
        return offer_status(offer, self.context["at"])


def offer_status(offer: Offer, at: Any) -> str:
    """In which state it is now."""
    return status_of(
        is_active=offer.is_active,
        valid_from=offer.valid_from,
        valid_until=offer.valid_until,
        usage_limit=offer.usage_limit,
        usage_count=offer.usage_count,
        at=at,
    )


class CategorySerializer(serializers.Serializer):
    """A group of goods. On a change every field is optional."""

    id = serializers.IntegerField(read_only=True)
    partner_id = serializers.IntegerField(read_only=True)
    key = serializers.CharField(
        max_length=100, required=False, help_text="The name as tills send it; default: the name in your language."
    )
    slug = serializers.SlugField(max_length=120, required=False, help_text="Default: made of the name.")
    name = LocalizedTextField(max_length=100)
    description = LocalizedTextField(max_length=1_000, required=False, allow_empty=True)
    parent_id = serializers.IntegerField(min_value=1, max_value=BIGINT, required=False, allow_null=True)
    earns_points = serializers.BooleanField(
        required=False, help_text="Off for alcohol, tobacco, gift cards and the like, and for all below them."
    )
    is_active = serializers.BooleanField(required=False)
    created_at = serializers.DateTimeField(format=None, read_only=True)
    updated_at = serializers.DateTimeField(format=None, read_only=True)


class ProductSerializer(LinkedSerializer):
    """A good. On a change every field is optional."""

    id = serializers.IntegerField(read_only=True)
    partner_id = serializers.IntegerField(read_only=True)
    external_id = serializers.CharField(max_length=100, help_text="The till's own number of it.")
    xml_id = _text(100, help_text="Its number in the feed.")
    name = serializers.CharField(max_length=255)
    description = _text(50_000)
    category_id = serializers.IntegerField(
        min_value=1, max_value=BIGINT, required=False, allow_null=True, help_text="The main group."
    )
    category_ids = IdsField(source="categories", required=False, help_text="All groups; those above are added.")
    earns_points = serializers.BooleanField(required=False)
    brand = _text(255)
    model = _text(255)
    sku = _text(100)
    ean = _text(32)
    price = _money(help_text="The regular price.")
    discounted_price = _money(help_text="What a member pays.")
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", required=False, help_text="ISO 4217; default the partner's.")
    availability = serializers.ChoiceField(choices=Availability.choices, required=False)
    stock_quantity = serializers.IntegerField(min_value=0, max_value=MAX_COUNT, required=False, allow_null=True)
    weight = _text(50)
    color = _text(50)
    size = _text(50)
    delivery_info = _text(500)
    warranty_info = _text(500)
    image_url = _web()
    images = serializers.ListField(child=WebLinkField(max_length=1_000), max_length=MAX_IMAGES, required=False)
    external_url = _web()
    is_featured = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    feed = serializers.CharField(read_only=True, help_text="Which feed brought it; empty: by hand.")
    created_at = serializers.DateTimeField(format=None, read_only=True)
    updated_at = serializers.DateTimeField(format=None, read_only=True)
