"""The many names that older pages and clients have for the fields of an offer, and their meaning (contract 5.8)."""

from collections.abc import Mapping
from typing import Any

# Our name → every accepted name; the first that is there counts.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "external_id": ("external_id",),
    "title": ("title", "name"),
    "description": ("description",),
    "terms_conditions": ("terms_conditions", "terms_and_conditions"),
    "type": ("type", "kind", "offer_type"),
    "discount_type": ("discount_type",),
    "discount_value": ("discount_value", "discount_percentage", "discount_amount"),
    "points_multiplier": ("points_multiplier", "multiplier"),
    "points_required": ("points_required", "points_cost", "minimum_points"),
    "minimum_level": ("minimum_level", "tier"),
    "valid_from": ("valid_from", "starts_at", "start_date"),
    "valid_until": ("valid_until", "ends_at", "expires_at", "end_date"),
    "usage_limit": ("usage_limit", "maximum_uses", "max_coupons"),
    "user_limit": ("user_limit",),
    "minimum_purchase": ("minimum_purchase",),
    "maximum_discount": ("maximum_discount",),
    "coupon_validity_days": ("coupon_validity_days",),
    "product_id": ("product_id",),
    "category_ids": ("category_ids", "categories", "category_id", "category"),
    "shop_ids": ("shop_ids", "shops", "shop_id"),
    "card_ids": ("card_ids", "cards", "card_id", "loyalty_card_id"),
    "image_url": ("image_url", "image"),
    "priority": ("priority",),
    "is_featured": ("is_featured", "featured"),
    "is_active": ("is_active",),
}
TYPES = {
    "freebie": "free_item",
    "free_product": "free_item",
    "coupon": "discount",
    "multiplier": "points_multiplier",
    "cash_back": "cashback",
}
DISCOUNT_TYPES = {"percent": "percentage", "fixed": "fixed_amount", "amount": "fixed_amount"}
LOCALIZED = ("title", "description", "terms_conditions")
LISTS = ("category_ids", "shop_ids", "card_ids")


def canonical(data: Mapping[str, Any], language: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The body in our own names, and for each of them the name that was sent. Null counts as absent.

    Plain texts are taken as texts of `language`.
    """
    found: dict[str, Any] = {}
    sent: dict[str, str] = {}
    for ours, names in SPELLINGS.items():
        name = next((name for name in names if data.get(name) is not None), None)
        if name is not None:
            found[ours], sent[ours] = data[name], name
    for name in LOCALIZED:
        if isinstance(found.get(name), str):
            found[name] = {language: found[name]}
    for name in LISTS:
        if name in found:
            found[name] = _ids(found[name])
    _settle_kind(found, sent)
    return found, sent


def _ids(value: Any) -> Any:
    """One id, ids, or objects with an id."""
    rows = value if isinstance(value, list) else [value]
    return [row.get("id") if isinstance(row, Mapping) else row for row in rows]


def _settle_kind(found: dict[str, Any], sent: Mapping[str, str]) -> None:
    for name, words in (("type", TYPES), ("discount_type", DISCOUNT_TYPES)):
        if isinstance(found.get(name), str):
            word = found[name].strip().lower()
            found[name] = words.get(word, word)
    implied = {"discount_percentage": "percentage", "discount_amount": "fixed_amount"}
    if "discount_type" not in found and sent.get("discount_value") in implied:
        found["discount_type"] = implied[sent["discount_value"]]
    if "type" not in found and "points_multiplier" in found:
        found["type"] = "points_multiplier"
    if found.get("type") == "points_multiplier" and "points_multiplier" not in found and "discount_value" in found:
        found["points_multiplier"] = found.pop("discount_value")
