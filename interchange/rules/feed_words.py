"""The tags of a feed and what they mean (contract 8)."""

from collections.abc import Mapping

ITEMS = ("product", "item", "offer")
# Field → accepted tags; the first that is there counts.
PRODUCT_TAGS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "title", "product_name"),
    "description": ("description", "desc"),
    "brand": ("brand", "manufacturer"),
    "model": ("model",),
    "ean": ("ean", "ean13", "barcode", "gtin"),
    "sku": ("sku", "code", "id"),
    "xml_id": ("id", "xml_id", "external_id"),
    "external_id": ("id", "external_id"),
    "price": ("price", "regular_price"),
    "discounted_price": ("discounted_price", "sale_price", "loyalty_program_item_price"),
    "currency": ("currency",),
    "availability": ("availability", "in_stock"),
    "stock_quantity": ("stock", "quantity"),
    "delivery_info": ("delivery", "shipping"),
    "warranty_info": ("warranty",),
    "image_url": ("image", "image_url", "picture", "image_link"),
    "external_url": ("url", "link", "product_url"),
    "weight": ("weight",),
    "color": ("color",),
    "size": ("size",),
    "featured": ("featured",),
}
OFFER_TAGS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "name"),
    "description": ("description", "desc"),
    "terms_conditions": ("terms_conditions", "terms"),
    "external_id": ("id", "external_id", "code"),
    "type": ("type", "offer_type"),
    "discount_type": ("discount_type",),
    "discount_value": ("discount_value", "discount"),
    "points_multiplier": ("points_multiplier", "multiplier"),
    "points_required": ("points_required", "points_cost"),
    "valid_from": ("valid_from", "start_date", "starts_at"),
    "valid_until": ("valid_until", "end_date", "ends_at", "expires_at"),
    "minimum_purchase": ("minimum_purchase",),
    "maximum_discount": ("maximum_discount",),
    "image_url": ("image", "image_url", "picture"),
    "featured": ("featured",),
}
CATEGORY_TAGS: Mapping[str, tuple[str, ...]] = {"categories": ("categories/category", "category")}
# An <offer> with one of these is an offer of ours; without, it is a product, as many shops' feeds have it.
OFFER_MARKS = frozenset(
    {"discount_type", "discount_value", "discount", "points_multiplier", "multiplier", "offer_type", "points_required"}
)
AVAILABILITY: Mapping[str, str] = {
    **dict.fromkeys(("true", "1", "yes", "in_stock", "available"), "in_stock"),
    **dict.fromkeys(("false", "0", "no", "out_of_stock", "unavailable"), "out_of_stock"),
    **dict.fromkeys(("limited", "limited_stock"), "limited_stock"),
}
YES = frozenset({"true", "1", "yes"})
