"""Examples of the OpenAPI document."""

from typing import Any

from partners.api.partner.catalog_examples import OFFER

EXAMPLE: dict[str, Any] = {
    **OFFER,
    "discount_percentage": 33.0,
    "points_cost": 200,
    "starts_at": OFFER["valid_from"],
    "ends_at": OFFER["valid_until"],
    "start_date": "2026-12-01",
    "end_date": "2026-12-31",
    "partner": {"id": 1, "name": "Kavos namai", "logo": None},
    "user_claimed_count": 0,
    "user_can_claim": True,
}
CLAIMED: dict[str, Any] = {
    "coupon_id": 88,
    "coupon_code": "K7QW-9TRM-X4PC-V",
    "offer_id": 7,
    "offer_title": OFFER["title"],
    "discount_type": "percentage",
    "discount_value": 33.0,
    "qr_code": "5b1c0f4e-7b0e-4a6c-9d53-2f5b1d8b9a10",
    "expires_at": "2026-12-31T22:00:00Z",
    "points_deducted": 200,
    "points_balance": 315,
    "card_id": 1042,
    "created_at": "2026-12-02T10:00:00Z",
}
