"""Examples of plays for the OpenAPI document."""

from typing import Any

KEY = "0f6b1a52-7d0e-4c5f-9a55-3f1f5f0d8a11"
SESSION = {"session_key": KEY}
PLAY: dict[str, Any] = {
    "id": 5012,
    "session_key": KEY,
    "game_id": 31,
    "game_type": "wheel",
    "user_id": 1007,
    "card_id": 1042,
    "shop_id": 12,
    "status": "active",
    "score": 0,
    "level": 1,
    "progress_data": {},
    "result": {},
    "prize": None,
    "reward": None,
    "reward_claimed": False,
    "claimed_at": None,
    "points_spent": 50,
    "points_won": 0,
    "odds": [
        {"key": "71", "name": {"en": "A free coffee", "lt": "Nemokama kava"}, "weight": 10, "probability": 0.1},
        {"key": "72", "name": {"en": "Nothing", "lt": "Nieko"}, "weight": 90, "probability": 0.9},
    ],
    "seed_hash": "9c0e7a2b6a0c2e1d8a4c1d6f0f5f3c1b8e2d4a6c9b7e5d3f1a0c2e4d6b8f0a1c",
    "server_seed": None,
    "client_seed": None,
    "started_at": "2026-11-27T10:00:00Z",
    "completed_at": None,
    "expires_at": "2026-11-27T10:30:00Z",
}
WON: dict[str, Any] = {
    **PLAY,
    "status": "completed",
    "result": {"drawn": "71", "counter": 0, "skipped": []},
    "prize": {
        "id": 71,
        "name": {"en": "A free coffee", "lt": "Nemokama kava"},
        "position": 1,
        "color": "#7a4b2a",
        "image_url": None,
        "reward_type": "free_product",
    },
    "reward": {
        "type": "coupon",
        "reward_type": "free_product",
        "coupon_id": 880,
        "coupon_code": "K7MNP2QRS4TVX",
        "product_name": "Coffee",
        "points": None,
        "title": {"en": "A free coffee", "lt": "Nemokama kava"},
        "expires_at": "2026-12-27T10:00:05Z",
        "is_existing": False,
    },
    "server_seed": "4f1c" * 16,
    "client_seed": "my-lucky-number-7",
    "completed_at": "2026-11-27T10:00:05Z",
}
QUESTIONS: dict[str, Any] = {
    "session_key": KEY,
    "questions": [
        {
            "key": "q2",
            "text": {"en": "Where does coffee come from?", "lt": "Iš kur kilusi kava?"},
            "answers": [{"key": "a1", "text": {"en": "Ethiopia", "lt": "Iš Etiopijos"}}],
            "several": False,
            "score": 1,
        }
    ],
    "progress": {"questions_total": 3, "questions_answered": 1, "score": 1, "pass_score": 2},
}
ANSWERED: dict[str, Any] = {
    "shown": {"question": "q2", "answers": ["a1"], "is_correct": True, "is_late": False, "score": 1},
    "session": {**PLAY, "game_type": "quiz", "score": 2, "level": 3},
}
MATCHED: dict[str, Any] = {
    "shown": {
        "cards": [{"position": 0, "key": "p1", "text": {"en": "Cup", "lt": "Puodelis"}}],
        "is_match": None,
    },
    "session": {**PLAY, "game_type": "memory"},
}
COLLECTION: dict[str, Any] = {
    "items": [
        {
            "key": "i1",
            "name": {"en": "Cup", "lt": "Puodelis"},
            "image_url": None,
            "hint": None,
            "needed": 1,
            "quantity": 1,
            "is_complete": True,
        }
    ],
    "pieces_needed": 5,
    "pieces_held": 1,
    "completed": False,
}
