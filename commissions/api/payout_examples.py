"""Payouts and bank files as the documentation shows them."""

PAYOUT = {
    "id": 12,
    "number": "PO-000012",
    "direction": "payout",
    "status": "issued",
    "amount": 12.3,
    "currency": "EUR",
    "period": "2026-06",
    "statement_id": 40,
    "statement_number": "ST-000040",
    "due_on": "2026-07-16",
    "issued_at": "2026-07-02T08:00:00Z",
    "paid_at": None,
    "failed_at": None,
    "reference": None,
}
ADMIN_PAYOUT = {
    **PAYOUT,
    "partner_id": 3,
    "partner": "Kavinė",
    "method": "provider",
    "idempotency_key": "0c1c2a0e-4b5f-4b0e-9a55-2f1f0c3c2f11",
    "provider": "stripe",
    "is_sandbox": False,
    "external_id": None,
    "attempts": 0,
    "next_attempt_at": "2026-07-02T08:00:00Z",
    "run_id": None,
    "error": None,
    "created_at": "2026-07-02T08:00:00Z",
}
PAID = {**ADMIN_PAYOUT, "status": "paid", "paid_at": "2026-07-03T08:00:00Z", "next_attempt_at": None}
PAID |= {"method": "manual", "provider": None, "reference": "Bank 42"}
FAILED = {**ADMIN_PAYOUT, "status": "failed", "failed_at": "2026-07-03T08:00:00Z", "next_attempt_at": None}
FAILED |= {"error": "stripe: account_invalid"}
RUN = {
    "id": 5,
    "message_id": "LOY202607020800004F2A9C1B",
    "schema": "pain.001.001.09",
    "status": "live",
    "currency": "EUR",
    "execution_on": "2026-07-03",
    "count": 1,
    "total": 12.3,
    "checksum": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-07-02T08:00:00Z",
    "downloaded_at": None,
    "cancelled_at": None,
    "reason": None,
}
RUN_DETAIL = {
    **RUN,
    "payments": [
        {
            "payout_id": 12,
            "number": "PO-000012",
            "partner_id": 3,
            "amount": 12.3,
            "account_holder": "UAB Kavinė",
            "iban_masked": "LT12 •••• 1000",
            "status": "issued",
            "is_live": True,
        }
    ],
}
