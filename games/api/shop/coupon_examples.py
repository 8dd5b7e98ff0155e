"""Examples of coupons for the OpenAPI document."""

from typing import Any

DETAILS: dict[str, Any] = {
    "type": "percentage",
    "value": 10.0,
    "points": None,
    "product_name": None,
    "minimum_purchase": 0.0,
    "maximum_discount": 20.0,
}
OFFER: dict[str, Any] = {
    "id": 44,
    "title": {"lt": "10 % nuolaida", "en": "10 % off"},
    "description": {"lt": "Visoms prekėms.", "en": "On everything."},
    "discount_type": "percentage",
    "discount_value": 10.0,
    "reward_type": "percentage",
    "reward_details": DETAILS,
}
COUPON: dict[str, Any] = {
    "id": 501,
    "code": "7KQ2XWMN84RTC",
    "qr_code": "2f6f9a52-8a0e-4a57-9a37-5f8c9e6f1d10",
    "status": "active",
    "expires_at": "2026-12-23T18:30:00Z",
    "expiry_time": "2026-12-23T18:30:00Z",
    "is_unlimited": False,
    "days_until_expiry": 30,
    "is_used": False,
    "is_pending": False,
    "pending_shop_id": None,
    "offer": {**OFFER, "original_price": None},
    "game": None,
    "user": {"id": 1007, "name": "Ona Kazlauskienė", "email": "ona@example.lt"},
    "card_id": 1042,
    "products": [],
    "categories": [],
    "requires_product_selection": False,
    "redeemed_at": None,
    "redeemed_shop_id": None,
    "created_at": "2026-11-23T18:30:00Z",
}
LISTED: dict[str, Any] = {
    "coupons": [COUPON],
    "pagination": {"current_page": 1, "per_page": 20, "total": 1, "last_page": 1},
}
OF_CARD: dict[str, Any] = {"coupons": [COUPON], "total_count": 1}
PRODUCTS: dict[str, Any] = {
    "products": [
        {
            "id": 7,
            "name": "Latte",
            "description": "",
            "image_url": None,
            "sku": "LATTE",
            "barcode": None,
            "price": 3.2,
            "regular_price": 3.5,
            "currency": "EUR",
            "categories": [],
        }
    ],
    "total_count": 1,
    "selection_required": False,
}
VERIFIED: dict[str, Any] = {
    "coupon": {
        "id": 501,
        "code": "7KQ2XWMN84RTC",
        "qr_code": "2f6f9a52-8a0e-4a57-9a37-5f8c9e6f1d10",
        "status": "active",
        "expires_at": "2026-12-23T18:30:00Z",
        "expiry_time": "2026-12-23T18:30:00Z",
        "is_used": False,
        "is_pending": False,
        "pending_shop_id": None,
        "selected_product_id": None,
        "requires_product_selection": False,
        "offer": OFFER,
    },
    "user": {
        "id": 1007,
        "name": "Ona Kazlauskienė",
        "email": "ona@example.lt",
        "phone": "+37060000001",
        "default_card_id": 1042,
        "points_balance": 515,
    },
    "card": {"id": 1042, "card_number": "900-001-042", "user_id": 1007, "points_balance": 515},
    "points_rules": {
        "points_enabled": True,
        "points_redemption_enabled": True,
        "points_per_euro": 1.0,
        "euro_per_point": 0.01,
    },
    "games_count": 2,
    "coupons_count": 1,
}
REDEEMED: dict[str, Any] = {
    "coupon_id": 501,
    "redeemed_at": "2026-11-23T18:30:00Z",
    "shop_id": 3,
    "selected_product_id": None,
    "points_awarded": 0,
    "status": "redeemed",
}
CALCULATED: dict[str, Any] = {
    "can_apply": True,
    "purchase_amount": 50.0,
    "discount_amount": 5.0,
    "final_amount": 45.0,
    "savings": 5.0,
    "points_awarded": 0,
    "reward_details": DETAILS,
}
