"""Examples of the OpenAPI document."""

from typing import Any

STAMP_SETTINGS: dict[str, Any] = {
    "stamps_required": 8,
    "reset_on_complete": True,
    "overflow": "carry",
    "auto_stamp": "none",
    "expiration_days": 30,
    "reward_type": "free_product",
    "product_name": "Coffee",
    "discount_amount": None,
    "points_amount": None,
    "layout": "grid",
    "rows": 2,
    "columns": 4,
    "background_color": "#3B2A20",
    "text_color": "#FFFFFF",
    "item_name_singular": {"en": "coffee", "lt": "kava"},
    "item_name_plural": {"en": "coffees", "lt": "kavos"},
    "punch_text": {"en": "One more!", "lt": "Dar viena!"},
    "reward_text": {"en": "The next one is on us", "lt": "Kita mūsų sąskaita"},
    "stamp_icon": "coffee",
    "stamp_icon_type": "icon",
}
BODY: dict[str, Any] = {
    "name": {"en": "Eight coffees", "lt": "Aštuonios kavos"},
    "description": "Eight coffees, and the ninth is on us.",
    "game_type": "stamps",
    "reward_description": "A free coffee",
    "allow_multiple_active_coupons": True,
    "coupon_validity_days": 30,
    "product_ids": [11, 12],
    "shop_ids": [1, 2],
    "start_date": "2026-12-01",
    "end_date": "2026-12-31",
    "theme": "winter",
    "branding": {"primary_color": "#3B2A20"},
    "stamp_settings": STAMP_SETTINGS,
}
WHEEL_BODY: dict[str, Any] = {
    "name": "Wheel of fortune",
    "description": "Spin once a day and win something for your next visit.",
    "game_type": "wheel",
    "reward_description": "Up to 20 % off",
    "plays_per_day": 1,
    "prizes": [
        {"name": "Try again", "weight": 70},
        {"name": "10 % off", "weight": 25, "reward": {"type": "percentage", "value": 10}},
        {
            "name": {"en": "A pound of coffee", "lt": "Pusė kilo kavos"},
            "weight": 5,
            "stock": 20,
            "per_customer": 1,
            "per_day": 2,
            "color": "#C8102E",
            "reward": {"type": "free_product", "product_name": "Coffee, 500 g"},
        },
    ],
}
REWARD: dict[str, Any] = {
    "type": "free_product",
    "value": None,
    "points": None,
    "product_name": "Coffee",
    "minimum_purchase": 0.0,
    "maximum_discount": None,
}
ROW: dict[str, Any] = {
    "id": 31,
    "name": BODY["name"],
    "game_type": "stamps",
    "is_active": True,
    "allow_multiple_active_coupons": True,
    "coupon_validity_days": 30,
    "coupon_validity": "days",
    "start_date": "2026-11-30T22:00:00Z",
    "end_date": "2026-12-31T21:59:59Z",
    "total_players": 412,
    "created_at": "2026-11-23T09:00:00Z",
}
GAME: dict[str, Any] = {
    **ROW,
    "partner_id": 1,
    "description": BODY["description"],
    "reward_description": BODY["reward_description"],
    "is_ready": True,
    "product_ids": [11, 12],
    "shop_ids": [1, 2],
    "branding": {"primary_color": "#3B2A20", "logo_url": None, "background_image_url": None},
    "theme": "winter",
    "reward": REWARD,
    "points_cost": 0,
    "plays_per_day": None,
    "plays_per_customer": None,
    "session_minutes": 30,
    "active_sessions": 96,
    "completed_sessions": 1204,
    "stamp_settings": STAMP_SETTINGS,
    "updated_at": "2026-11-23T09:00:00Z",
}
ITEMS: list[dict[str, Any]] = [
    {
        "key": "i1",
        "name": {"en": "Arabica", "lt": "Arabika"},
        "image_url": "https://example.com/arabica.png",
        "hint": "With every cappuccino",
        "weight": 60,
        "needed": 1,
        "chance": 0.6,
        "found": 320,
        "holders": 210,
    }
]
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
UPLOADED: dict[str, Any] = {
    "image_url": "http://127.0.0.1:8000/media/partners/1/games/5f2c9d1e7a.png",
    "stamp_settings": {
        **STAMP_SETTINGS,
        "stamp_icon": "http://127.0.0.1:8000/media/partners/1/games/5f2c9d1e7a.png",
        "stamp_icon_type": "image",
    },
}
