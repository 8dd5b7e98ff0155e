"""How a card programme is written and read (contract 3.5)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cards.models import Card
from cards.rules.design import COLORS, OPACITY, PICTURES, is_color
from cards.rules.images import read_picture
from cards.selectors.cards import shown_design
from loyalty.api.localized import LocalizedTextField
from loyalty.files.images import Picture, PictureRefusedError

MAX_POINTS = 1_000_000_000
MAX_DAYS = 36_500
PICTURE_TEXTS = {
    "not_a_data_uri": _("Send a data URI: data:image/png;base64,… (PNG, JPEG or WebP), or null to remove it."),
    "too_large": _("The picture is larger than 256 KB."),
    "not_a_picture": _("This is no PNG, JPEG or WebP picture."),
    "too_many_pixels": _("The picture has more than 25 million pixels."),
}


_DESIGN_SCHEMA = {
    "type": "object",
    "properties": {
        **{key: {"type": "string", "description": "Write: data URI (PNG, JPEG, WebP; 256 KB)."} for key in PICTURES},
        **{f"{key}_url": {"type": "string", "readOnly": True, "nullable": True} for key in PICTURES},
        **{key: {"type": "string", "example": "#0055AA"} for key in COLORS},
        OPACITY: {"type": "number", "minimum": 0, "maximum": 1},
    },
    "additionalProperties": False,
}


@extend_schema_field(_DESIGN_SCHEMA)
class DesignField(serializers.Field):
    """Colors, opacity and pictures. A change keeps the keys it does not name; null removes one."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(_("Must be an object."))
        found: dict[str, Any] = {}
        faults: dict[str, list[Any]] = {}
        for key, value in data.items():
            if key in {f"{name}_url" for name in PICTURES}:
                continue  # as we answered it: nothing to store
            try:
                found[key] = _design_value(key, value)
            except serializers.ValidationError as error:
                faults[str(key)[:50]] = list(error.detail)
        if faults:
            raise serializers.ValidationError(faults)
        return found

    def get_attribute(self, instance: Card) -> Card:
        return instance

    def to_representation(self, value: Card) -> dict[str, Any]:
        return shown_design(value)


def _design_value(key: str, value: Any) -> Any:
    if key not in {*PICTURES, *COLORS, OPACITY}:
        raise serializers.ValidationError(_("Unknown field."))
    if value is None:
        return None
    if key in PICTURES:
        return _picture(value)
    if key == OPACITY:
        return _opacity(value)
    if not isinstance(value, str) or not is_color(value):
        raise serializers.ValidationError(_("Must be a hex color such as #0055AA."))
    return value


def _picture(value: Any) -> Picture:
    if not isinstance(value, str):
        raise serializers.ValidationError(PICTURE_TEXTS["not_a_data_uri"])
    try:
        return read_picture(value)
    except PictureRefusedError as error:
        raise serializers.ValidationError(PICTURE_TEXTS[error.reason]) from error


def _opacity(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value <= 1:
        raise serializers.ValidationError(_("Must be a number from 0 to 1."))
    return float(value)


def _points(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=MAX_POINTS, required=False, **kwargs)


def _rate(places: int, **kwargs: Any) -> serializers.DecimalField:
    least = Decimal(1).scaleb(-places)
    return serializers.DecimalField(max_digits=12, decimal_places=places, min_value=least, required=False, **kwargs)


class ShopIdsField(serializers.ListField):
    """The shops where a card is valid; empty means all."""

    child = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    def to_representation(self, value: Any) -> list[int]:
        return [shop.pk for shop in value.all()]


class CardSerializer(serializers.Serializer):
    """A card programme. On a change every field is optional."""

    id = serializers.IntegerField(read_only=True)
    partner_id = serializers.IntegerField(read_only=True)
    title = LocalizedTextField(max_length=255, every_language=True)
    description = LocalizedTextField(max_length=10_000)
    terms_conditions = LocalizedTextField(max_length=50_000)
    card_design = DesignField()
    is_active = serializers.BooleanField(required=False, help_text="Default true.")
    shop_ids = ShopIdsField(source="shops", required=False, max_length=10_000, help_text="Empty: valid everywhere.")
    auto_assign = serializers.BooleanField(required=False, help_text="Issue to new customers. Default true.")
    points_enabled = serializers.BooleanField(required=False, help_text="Default true.")
    initial_bonus_points = _points(help_text="Credited when a card is issued.")
    points_expiration_days = serializers.IntegerField(
        min_value=0, max_value=MAX_DAYS, required=False, allow_null=True, help_text="null or 0: never."
    )
    points_per_currency = _rate(4, help_text="Points for each `currency_amount` spent.")
    currency_amount = _rate(2)
    round_points_up = serializers.BooleanField(required=False)
    min_points_per_purchase = _points()
    max_points_per_purchase = _points(allow_null=True)
    points_per_visit = _points(help_text="Added to each purchase.")
    points_redemption_enabled = serializers.BooleanField(required=False)
    points_per_currency_redemption = _rate(4, help_text="Points that buy `currency_amount_redemption`.")
    currency_amount_redemption = _rate(2)
    min_points_for_redemption = _points()
    max_points_per_redemption = _points(allow_null=True)
    default_coupon_validity_days = serializers.IntegerField(
        min_value=1, max_value=3650, required=False, allow_null=True, help_text="null: coupons never expire."
    )
    created_at = serializers.DateTimeField(format=None, read_only=True)
    updated_at = serializers.DateTimeField(format=None, read_only=True)

    def validate_points_expiration_days(self, value: int | None) -> int | None:
        return value or None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "shops" in attrs:
            attrs["shop_ids"] = attrs.pop("shops")
        return attrs
