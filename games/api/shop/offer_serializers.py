"""Offers as tills, web shops and apps read and write them: every name that clients know (contract 5.8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from loyalty.api.localized import shown_text
from partners.api.moments import first_day, last_day
from partners.api.partner.catalog_serializers import OfferSerializer, offer_status
from partners.choices import DiscountType
from partners.models import Offer, Partner
from partners.selectors.catalog import slug_of


class OfferBodySerializer(serializers.Serializer):
    """Of several names for one thing any will do. Plain texts are in the partner's own language."""

    title = serializers.JSONField(help_text='A text, or {"en": "…", "lt": "…"}.')
    description = serializers.JSONField(required=False)
    terms_conditions = serializers.JSONField(required=False, help_text="Also terms_and_conditions.")
    type = serializers.CharField(
        required=False,
        help_text="discount (default), points_multiplier, free_item or cashback; freebie and coupon too.",
    )
    discount_type = serializers.CharField(
        required=False, help_text="percentage or fixed_amount; percent and fixed too."
    )
    discount_value = serializers.DecimalField(
        12, 2, required=False, help_text="Also discount_percentage or discount_amount."
    )
    points_multiplier = serializers.DecimalField(6, 2, required=False, help_text="Also multiplier.")
    points_required = serializers.IntegerField(required=False, help_text="Also points_cost or minimum_points.")
    minimum_level = serializers.CharField(required=False)
    valid_from = serializers.CharField(required=False, help_text="A day or an instant. Also starts_at or start_date.")
    valid_until = serializers.CharField(required=False, help_text="Also ends_at, expires_at or end_date.")
    usage_limit = serializers.IntegerField(required=False, help_text="Also maximum_uses or max_coupons.")
    user_limit = serializers.IntegerField(required=False)
    minimum_purchase = serializers.DecimalField(12, 2, required=False)
    maximum_discount = serializers.DecimalField(12, 2, required=False)
    coupon_validity_days = serializers.IntegerField(required=False)
    product_id = serializers.IntegerField(required=False)
    category_ids = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="Also categories.")
    shop_ids = serializers.ListField(child=serializers.IntegerField(), required=False, help_text="Also shops.")
    card_ids = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="The programmes whose cards get it; none: all. Also cards or card_id.",
    )
    image_url = serializers.CharField(required=False, help_text="Also image.")
    external_id = serializers.CharField(required=False)
    priority = serializers.IntegerField(required=False)
    is_featured = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class OfferPartnerSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    logo = serializers.CharField(allow_null=True)


class OfferShopSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class OfferCategorySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.DictField(child=serializers.CharField())
    slug = serializers.CharField()


class OfferProductSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    price = serializers.DecimalField(12, 2, allow_null=True)
    image_url = serializers.CharField()


class ShopOfferSerializer(OfferSerializer):
    """The Partner API's fields and the names that others have for them."""

    terms_and_conditions = serializers.DictField(child=serializers.CharField())
    discount_percentage = serializers.DecimalField(12, 2, allow_null=True)
    discount_amount = serializers.DecimalField(12, 2, allow_null=True)
    points_cost = serializers.IntegerField()
    minimum_points = serializers.IntegerField()
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    start_date = serializers.DateField(allow_null=True, help_text="First day, in the partner's time zone.")
    end_date = serializers.DateField(allow_null=True, help_text="Last day, in the partner's time zone.")
    maximum_uses = serializers.IntegerField(allow_null=True)
    max_coupons = serializers.IntegerField(allow_null=True)
    used_count = serializers.IntegerField()
    image = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True, help_text="The first category, in the language of the path.")
    categories = OfferCategorySerializer(many=True)
    shops = OfferShopSerializer(many=True, help_text="Empty: everywhere.")
    product = OfferProductSerializer(allow_null=True)
    partner = OfferPartnerSerializer()
    partner_name = serializers.CharField()
    partner_logo = serializers.CharField(allow_null=True)
    user_claimed_count = serializers.IntegerField(allow_null=True, help_text="For customers: their claims so far.")
    user_can_claim = serializers.BooleanField(
        allow_null=True, help_text="For customers: whether anything is left for them."
    )


class ClaimBodySerializer(serializers.Serializer):
    """Whose claim it is; a customer's own token needs none of it."""

    user_id = serializers.IntegerField(required=False)
    card_id = serializers.IntegerField(required=False, help_text="The issued card that pays.")


class ClaimSerializer(serializers.Serializer):
    """The coupon that was claimed."""

    coupon_id = serializers.IntegerField()
    coupon_code = serializers.CharField()
    offer_id = serializers.IntegerField()
    offer_title = serializers.DictField(child=serializers.CharField())
    discount_type = serializers.CharField()
    discount_value = serializers.DecimalField(12, 2, allow_null=True)
    qr_code = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    points_deducted = serializers.IntegerField()
    points_balance = serializers.IntegerField()
    card_id = serializers.IntegerField()
    created_at = serializers.DateTimeField()


@dataclass(frozen=True, slots=True)
class Showing:
    """For whom and when offers are shown; `claims` are a person's by offer, None for a till."""

    language: str
    at: datetime
    claims: Mapping[int, int] | None = None
    context: dict[str, Any] = field(default_factory=dict)


def offer_answer(offer: Offer, partner: Partner, showing: Showing) -> dict[str, Any]:
    """The body of ShopOfferSerializer."""
    plain = dict(OfferSerializer(offer, context={"at": showing.at}).data)
    zone, logo = partner.time_zone, partner.logo_url or None
    is_percent = offer.discount_type == DiscountType.PERCENTAGE
    is_amount = offer.discount_type == DiscountType.FIXED_AMOUNT
    groups = list(offer.categories.all())
    first = shown_text(groups[0].name, showing.language, partner.default_language) or groups[0].key if groups else None
    claimed = None if showing.claims is None else showing.claims.get(offer.pk, 0)
    return {
        **plain,
        "discount_value": plain["discount_value"] if not offer.points_multiplier else plain["points_multiplier"],
        "terms_and_conditions": offer.terms_conditions,
        "discount_percentage": offer.discount_value if is_percent else None,
        "discount_amount": offer.discount_value if is_amount else None,
        "points_cost": offer.points_required,
        "minimum_points": offer.points_required,
        "starts_at": offer.valid_from,
        "ends_at": offer.valid_until,
        "expires_at": offer.valid_until,
        "start_date": first_day(offer.valid_from, zone),
        "end_date": last_day(offer.valid_until, zone),
        "maximum_uses": offer.usage_limit,
        "max_coupons": offer.usage_limit,
        "used_count": offer.usage_count,
        "image": offer.image_url or None,
        "category": first,
        "categories": [{"id": row.pk, "name": row.name, "slug": slug_of(row)} for row in groups],
        "shops": [{"id": shop.pk, "name": shop.name} for shop in offer.shops.all()],
        "product": _product(offer),
        "partner": {"id": partner.pk, "name": partner.name, "logo": logo},
        "partner_name": partner.name,
        "partner_logo": logo,
        "user_claimed_count": claimed,
        "user_can_claim": None if claimed is None else _is_left(offer, claimed, showing.at),
    }


def _product(offer: Offer) -> dict[str, Any] | None:
    if offer.product is None:
        return None
    product = offer.product
    price: Decimal | None = product.price
    return {"id": product.pk, "name": product.name, "price": price, "image_url": product.image_url}


def _is_left(offer: Offer, claimed: int, at: datetime) -> bool:
    is_mine = offer.user_limit is None or claimed < offer.user_limit
    return not offer.is_automatic and offer_status(offer, at) == "active" and is_mine
