"""Bodies and answers as the documentation shows them."""

RATE = {
    "id": 17,
    "source": "custom",
    "component": "platform",
    "shop_id": None,
    "category": "coffee",
    "percent": 2.5,
    "fixed": 0,
    "min": 0.05,
    "max": 10,
    "mode": "flat",
    "tiers": [],
    "currency": "EUR",
    "valid_from": "2026-01-01",
    "valid_to": None,
}
DEFAULT = {**RATE, "id": 1, "source": "global", "category": None, "percent": 1.5, "min": None, "max": None}
FLAT = {
    "platform_commission_rate": 1.5,
    "platform_commission_fixed": 0,
    "stripe_processing_fee_rate": 2.9,
    "stripe_processing_fee_fixed": 0.3,
}
CARD = {
    "partner_id": 3,
    "currency": "EUR",
    "at": "2026-07-10T14:30:00",
    "is_locked": False,
    "lock_after_update": False,
    **FLAT,
    "rates": [RATE],
    "effective": [{"rate": RATE, "version": 1, "tier_progress": None}],
    "global_rates": [DEFAULT],
}
DEFAULTS = {**CARD, "partner_id": None, "rates": [DEFAULT], "effective": [], "global_rates": [DEFAULT]}
LOCKED = {
    "is_locked": True,
    "scope": "period",
    "period": "2026-06",
    "state": "locked",
    "version": 1,
    "locked_at": "2026-07-02T08:00:00Z",
    "locked_by": "admin:1",
    "reason": "June is closed",
    "locked_until": None,
    "lines": 7,
    "total": 15.64,
    "currency": "EUR",
    "checksum": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
OPEN = {**LOCKED, "is_locked": False, "state": "open", "version": 2, "checksum": None}
OPEN |= {"locked_at": None, "locked_by": None, "reason": None}
SYNC = {
    "sync_id": 4,
    "dry_run": False,
    "period": None,
    "rates_changed": 0,
    "created": 9,
    "updated": 0,
    "removed": 0,
    "unchanged": 0,
    "skipped_locked_periods": [],
    "adjustments": 0,
    "total_before": 0,
    "total_after": 20.19,
    "diff": [
        {
            "source_id": 5120,
            "component": "platform",
            "category": None,
            "action": "create",
            "before": None,
            "after": {"kind": "accrual", "amount": "0.8"},
        }
    ],
}
LINE = {
    "id": 88,
    "kind": "accrual",
    "component": "platform",
    "amount": 0.21,
    "base": 8.4,
    "currency": "EUR",
    "category": "coffee",
    "shop_id": 3,
    "period": "2026-06",
    "origin_period": "2026-06",
    "date": "2026-06-12",
    "source_type": "transaction",
    "source_id": 5120,
    "order_id": "R-1001",
    "revision": 0,
    "rate": RATE,
    "reason": None,
    "reverses": None,
    "recorded_at": "2026-06-12T09:05:00Z",
}
BANK = {
    "partner_id": 3,
    "account_holder": "UAB Kavinė",
    "iban": "LT121000011101001000",
    "iban_masked": "LT12 •••• 1000",
    "bic": "HABALT22",
    "provider_account": None,
    "provider_customer": None,
    "updated_at": "2026-06-01T09:00:00Z",
}
MANUAL_LINE = {
    **LINE,
    "id": 91,
    "kind": "manual",
    "amount": -5,
    "base": 0,
    "category": None,
    "shop_id": None,
    "date": "2026-06-30",
    "source_type": "manual",
    "source_id": 2,
    "order_id": None,
    "rate": None,
    "reason": "Goodwill for the outage of 3 June",
}
TERMS_VERSION = {
    "id": 4,
    "valid_from": "2026-07",
    "minimum": 20,
    "cap": 500,
    "threshold": 10,
    "pays_out": False,
    "close_policy": "automatic",
    "close_after_days": 5,
    "automatic_since": "2026-07-10T11:30:00Z",
    "created_at": "2026-07-10T11:30:00Z",
}
TERMS = {**TERMS_VERSION, "partner_id": 3, "currency": "EUR", "period": "2026-07", "versions": [TERMS_VERSION]}
STATEMENT = {
    "id": 12,
    "number": "ST-000012",
    "period": "2026-06",
    "version": 1,
    "currency": "EUR",
    "status": "issued",
    "direction": "to_platform",
    "opening": 3.1,
    "accruals": 15.64,
    "late_accruals": 0,
    "reversals": -0.8,
    "adjustments": 0,
    "manual": -5,
    "minimum_topup": 5.16,
    "cap_reduction": 0,
    "total": 15,
    "balance": 18.1,
    "settled": 18.1,
    "closing": 0,
    "carried": 0,
    "minimum": 20,
    "cap": 500,
    "threshold": 10,
    "lines": 10,
    "issued_at": "2026-07-06T00:05:00Z",
    "settled_at": None,
}
STATEMENT_DETAIL = {
    **STATEMENT,
    "groups": [
        {
            "kind": "accrual",
            "component": "platform",
            "origin_period": "2026-06",
            "shop_id": 3,
            "shop": "Old Town",
            "lines": 7,
            "base": 650.49,
            "amount": 15.64,
        }
    ],
}
ADMIN_STATEMENT = {
    **STATEMENT,
    "pays_out": False,
    "drafted_at": "2026-07-06T00:05:00Z",
    "issued_by": "system",
    "settled_by": None,
}
ADMIN_STATEMENT_DETAIL = {**ADMIN_STATEMENT, "groups": STATEMENT_DETAIL["groups"]}
_MORE = {"now": 15.64, "then": 20.85, "difference": 5.21}
SIMULATION = {
    "days": 90,
    "from_date": "2026-05-13",
    "to_date": "2026-08-10",
    "currency": "EUR",
    "sales": 9,
    "refunds": 0,
    "base": 751.49,
    "without_rate": 0,
    **_MORE,
    "by_month": [{"period": "2026-06", **_MORE}],
    "by_shop": [{"shop_id": 3, "shop": "Old Town", **_MORE}],
    "groups": [{"shop_id": 3, "shop": "Old Town", "period": "2026-06", **_MORE}],
}
