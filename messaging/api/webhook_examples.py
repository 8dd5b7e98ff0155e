"""Examples of the OpenAPI document."""

from typing import Any

ENDPOINT_BODY: dict[str, Any] = {
    "url": "https://crm.example.com/hooks/loyalty",
    "description": "CRM",
    "events": ["points.awarded", "points.redeemed"],
}
ENDPOINT: dict[str, Any] = {
    "id": 4,
    **ENDPOINT_BODY,
    "is_active": True,
    "state": "active",
    "reason": None,
    "state_since": "2026-11-02T08:00:00Z",
    "failing_since": None,
    "last_delivered_at": "2026-11-02T09:14:05Z",
    "former_secret_until": None,
    "created_at": "2026-11-02T08:00:00Z",
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 - an example
NEW_ENDPOINT = {**ENDPOINT, "secret": SECRET}
KIND = {
    "event": "points.awarded",
    "description": "Points were earned: by a purchase, a game, a coupon or as a bonus.",
    "example": {
        "id": "evt_5d1e2c9a4f6b4b0e8a3d7c2b1f0e9d8c",
        "type": "points.awarded",
        "event": "points.awarded",
        "created_at": "2026-11-02T09:14:05Z",
        "data": {"customer_id": 81, "loyalty_card_id": 92, "points": 25, "points_balance": 340},
    },
}
DELIVERY: dict[str, Any] = {
    "id": 7015,
    "event_id": "evt_5d1e2c9a4f6b4b0e8a3d7c2b1f0e9d8c",
    "event": "points.awarded",
    "state": "pending",
    "attempts": 2,
    "replays": 0,
    "next_attempt_at": "2026-11-02T09:19:12Z",
    "last_attempt_at": "2026-11-02T09:14:11Z",
    "last_status": 503,
    "duration_ms": 87,
    "error": "status",
    "created_at": "2026-11-02T09:14:05Z",
    "finished_at": None,
}
DELIVERY_WITH_BODY = {**DELIVERY, "payload": KIND["example"]}
SPAN_BODY = {"from": "2026-11-01", "to": "2026-11-02", "states": ["failed"]}
