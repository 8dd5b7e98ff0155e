"""What a till reports, by whom, and what it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.choices import TransactionSource
from ledger.rules.cart import CartLine
from ledger.selectors.receipts import SaleReceipt
from ledger.selectors.sale import CustomerReference
from loyalty.services.audit import Actor


@dataclass(frozen=True, slots=True)
class Sale:
    """What a till reports. Money in the partner's currency; `points` replaces the computation when given."""

    order_id: str
    who: CustomerReference
    order_total: Decimal
    occurred_at: datetime
    fingerprint: bytes
    points: int | None = None
    currency: str | None = None
    description: str = ""
    shop_id: int | None = None
    programme_id: int | None = None
    points_redeemed: int = 0
    points_discount_amount: Decimal | None = None
    lines: tuple[CartLine, ...] = ()
    meta_data: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    source: str = TransactionSource.TILL
    # A coupon that is used for this sale, by its code or QR value.
    coupon_code: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sale as answered; `is_replay` when it had been recorded before."""

    receipt: SaleReceipt
    is_replay: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who reports the sale, and the shops in reach (None: all)."""

    actor: Actor
    credential_id: int | None = None
    staff_id: int | None = None
    shop_ids: frozenset[int] | None = None
