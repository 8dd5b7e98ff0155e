"""What the documentation shows of SMS accounts."""

from typing import Any

FIGURES: dict[str, Any] = {"messages": 120, "sent": 119, "delivered": 115, "failed": 3, "parts": 131, "cost": 7.2836}
ACCOUNT: dict[str, Any] = {
    "id": 4,
    "partner_id": 12,
    "account_name": "Baltic Coffee",
    "contact_name": "Ona Petraitė",
    "contact_email": "ona@coffee.example",
    "contact_phone": "+37060000001",
    "company_name": "UAB Baltic Coffee",
    "customer_id": "C-1042",
    "account_id": "A-77",
    "kind": "smpp",
    "base_url": "",
    "host": "smpp.provider.example",
    "port": 2775,
    "is_tls": False,
    "username": "coffee",
    "has_password": True,
    "connection_timeout": 10,
    "bind_timeout": 10,
    "senders": ["Coffee"],
    "currency": "EUR",
    "prices": {"LT": 0.0556, "other": 0.1295},
    "billing": "prepaid",
    "credit_limit": 0,
    "balance": 92.7164,
    "is_active": True,
    "tested_at": "2026-11-23T18:30:00Z",
    "test_result": "ok",
    "inbound_url": "https://loyalty.example/en/sms/inbound/4.k3mJ0Zq2Yv1cVw7dHn5sQmT8xR4pL6aB9eF0gU1iWoX",
    "usage": FIGURES,
    "created_at": "2026-11-20T09:00:00Z",
    "updated_at": "2026-11-23T18:30:00Z",
}
NEW: dict[str, Any] = {
    "account_name": "Baltic Coffee",
    "contact_name": "Ona Petraitė",
    "contact_email": "ona@coffee.example",
    "auto_activate": True,
}
CHANGE: dict[str, Any] = {
    "username": "coffee",
    "password": "",
    "host": "smpp.provider.example",
    "port": 2775,
    "is_active": True,
}
TRIED: dict[str, Any] = {"success": False, "result": "credentials", "tested_at": "2026-11-23T18:30:00Z", "kind": "smpp"}
TOP_UP: dict[str, Any] = {
    "id": 9,
    "account_id": 4,
    "amount": 50,
    "currency": "EUR",
    "reference": "INV-2026-118",
    "reason": "Paid by bank transfer",
    "balance": 142.7164,
    "at": "2026-11-23T18:30:00Z",
}
USAGE: dict[str, Any] = {
    "date_from": "2026-11-01",
    "date_to": "2026-11-30",
    "currency": "EUR",
    "totals": FIGURES,
    "by_day": [{"day": "2026-11-23", **FIGURES}],
    "by_country": [{"country": "LT", **FIGURES}],
    "by_purpose": [{"purpose": "service", **FIGURES}],
    "by_template": [{"template": "", **FIGURES}],
    "by_account": [{"account_id": 4, **FIGURES}],
}
