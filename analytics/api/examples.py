"""The answer as the documentation shows it."""

from typing import Any


def _beside(current: float, previous: float, growth: float | None) -> dict[str, Any]:
    return {"current": current, "previous": previous, "change": round(current - previous, 2), "growth": growth}


COUNTS = {
    "transactions": _beside(1240, 1000, 24.0),
    "purchases": _beside(1200, 980, 22.45),
    "reversals": _beside(40, 20, 100.0),
    "active_customers": _beside(310, 280, 10.71),
    "points_issued": _beside(24000, 20000, 20.0),
    "points_redeemed": _beside(9600, 9000, 6.67),
    "points_expired": _beside(500, 0, None),
    "points_adjusted": _beside(0, 100, -100.0),
    "points_outstanding": _beside(61900, 48000, 28.96),
    "points_burn_to_earn": _beside(40.0, 45.0, -11.11),
}
FIGURES = {
    **COUNTS,
    "revenue": _beside(24000.0, 20000.0, 20.0),
    "refunds": _beside(600.0, 300.0, 100.0),
    "net_revenue": _beside(23400.0, 19700.0, 18.78),
    "discounts": _beside(96.0, 90.0, 6.67),
    "commission": _beside(351.0, 295.5, 18.78),
    "average_purchase": _beside(20.0, 20.41, -2.01),
}
PARTNER = {"id": 3, "name": "Coffee chain", "status": "active", "tier": "professional"}
STATISTICS = {
    "period": {
        "name": "last_30_days",
        "date_from": "2026-10-29",
        "date_to": "2026-11-27",
        "days": 30,
        "previous_from": "2026-09-29",
        "previous_to": "2026-10-28",
    },
    "partners": {
        "total": 12,
        "new": _beside(2, 1, 100.0),
        "by_status": {"active": 10, "pending_review": 2},
        "by_tier": {"starter": 8, "professional": 4},
    },
    "totals": COUNTS,
    "currencies": [
        {
            "currency": "EUR",
            "partners": 10,
            "totals": FIGURES,
            "by_status": [{"key": "active", "partners": 10, **FIGURES}],
            "by_tier": [{"key": "professional", "partners": 4, **FIGURES}],
            "top_partners": [{**PARTNER, "net_revenue": _beside(9000.0, 8000.0, 12.5)}],
            "falling_partners": [],
        }
    ],
}
