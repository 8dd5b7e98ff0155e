"""The offers of the demo's partners: two to claim, none that changes what a sale earns."""

from decimal import Decimal
from typing import Any

_GIFTS = {
    "chain": ("A croissant for your points", "Raguolis už taškus"),
    "bookshop": ("A tote bag for your points", "Medžiaginis maišelis už taškus"),
    "tea": ("A tasting set for your points", "Ragavimo rinkinys už taškus"),
}


def offers_for(key: str) -> list[dict[str, Any]]:
    """The offers of a partner as `create_offer` takes them: money off for everybody, a gift for points."""
    english, lithuanian = _GIFTS[key]
    return [
        {
            "kind": "discount",
            "title": {"en": "A tenth off on weekdays", "lt": "Darbo dienomis dešimtadaliu pigiau"},
            "description": {"en": "One coupon a customer.", "lt": "Vienas kuponas klientui."},
            "discount_type": "percentage",
            "discount_value": Decimal(10),
            "minimum_purchase": Decimal(5),
            "maximum_discount": Decimal(20),
            "user_limit": 1,
            "is_featured": True,
        },
        {
            "kind": "free_item",
            "title": {"en": english, "lt": lithuanian},
            "description": {"en": "As long as there are any.", "lt": "Kol yra."},
            "points_required": 150,
            "usage_limit": 500,
            "coupon_validity_days": 30,
        },
    ]
