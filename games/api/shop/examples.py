"""Examples for the OpenAPI document."""

from typing import Any

STAMP_SETTINGS: dict[str, Any] = {
    "layout": "grid",
    "rows": 2,
    "columns": 4,
    "background_color": "#F5E9DA",
    "text_color": "#3B2A1A",
    "item_name_singular": {"lt": "kava", "en": "coffee"},
    "item_name_plural": {"lt": "kavos", "en": "coffees"},
    "punch_text": None,
    "reward_text": {"lt": "Kava dovanų", "en": "A free coffee"},
    "stamp_icon": "coffee",
    "stamp_icon_type": "icon",
    "stamps_required": 8,
    "reward_type": "free_product",
    "product_name": "Latte",
    "discount_amount": None,
    "points_amount": None,
    "expiration_days": 30,
    "reset_on_complete": True,
    "overflow": "carry",
    "auto_stamp": "none",
}
GAME: dict[str, Any] = {
    "id": 12,
    "name": {"lt": "Kavos kortelė", "en": "Coffee card"},
    "description": {"lt": "Aštuonios kavos, devinta dovanų.", "en": "Eight coffees, and the ninth is on us."},
    "reward_description": {"lt": "Kava dovanų", "en": "A free coffee"},
    "game_type": "stamps",
    "is_active": True,
    "start_date": None,
    "end_date": None,
    "points_cost": 0,
    "stamps_required": 8,
    "stamp_settings": STAMP_SETTINGS,
    "partner_name": "Kavos namai",
    "partner_info": {"id": 1, "name": "Kavos namai", "description": "", "logo": None},
}
BRIEF: dict[str, Any] = {"current_step": 3, "completed": False, "completed_at": None, "rounds": 0}
EVENT: dict[str, Any] = {
    "timestamp": "2026-11-23T18:30:00Z",
    "action": "stamp_added",
    "value": 1,
    "shop_id": 3,
    "performed_by_staff": True,
    "transaction_id": None,
}
CARD_GAME: dict[str, Any] = {**GAME, "status": "active", "card_id": 1042, "user_progress": BRIEF}
PROGRESS: dict[str, Any] = {
    "game": {"id": 12, "name": GAME["name"], "game_type": "stamps"},
    "card_id": 1042,
    "progress": {**BRIEF, "history": [EVENT]},
    "status": "active",
    "stamps_required": 8,
    "stamp_settings": STAMP_SETTINGS,
}
HISTORY: dict[str, Any] = {
    **CARD_GAME,
    "game_id": 12,
    "progress": PROGRESS["progress"],
    "completed_at": None,
    "reward_claimed": None,
}
REWARD: dict[str, Any] = {
    "type": "coupon",
    "coupon_id": 501,
    "coupon_code": "7KQ2XWMN84RTC",
    "reward_type": "free_product",
    "product_name": "Latte",
    "points": None,
    "expires_at": "2026-12-23T18:30:00Z",
}
STAMPED: dict[str, Any] = {
    "current_step": 8,
    "stamps_required": 8,
    "is_completed": True,
    "was_already_completed": False,
    "reward_generated": REWARD,
    "rewards_generated": [REWARD],
    "carried_over": 0,
}
COMPLETED: dict[str, Any] = {
    "completed": True,
    "was_already_completed": False,
    "reward": {"type": "free_product", "product_name": "Latte", "points": None, "description": "A free coffee"},
    "coupon": {"id": 501, "code": "7KQ2XWMN84RTC", "status": "active", "expires_at": "2026-12-23T18:30:00Z"},
}
RESTARTED: dict[str, Any] = {
    "message": "The stamp card is empty again.",
    "progress": {**BRIEF, "current_step": 0},
    "restarted_at": "2026-11-23T18:30:00Z",
}
