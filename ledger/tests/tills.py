"""A till for tests: sells and refunds through the real services."""

import hashlib
from datetime import datetime
from decimal import Decimal

from customers.models import Customer
from ledger.models import Transaction
from ledger.rules.cart import CartLine
from ledger.selectors.sale import CustomerReference
from ledger.services.refunds import Refund, record_refund
from ledger.services.sales import Caller, Sale, record_sale
from loyalty.services.audit import SYSTEM
from partners.models import Partner, Shop


def sell(
    partner: Partner,
    order_id: str,
    total: str = "10.00",
    *,
    at: datetime,
    customer: Customer | None = None,
    shop: Shop | None = None,
    lines: tuple[CartLine, ...] = (),
) -> Transaction:
    """Sell something, to a customer or to nobody known."""
    sale = Sale(
        order_id=order_id,
        who=CustomerReference(customer_id=customer.pk) if customer else CustomerReference(),
        order_total=Decimal(total),
        occurred_at=at,
        fingerprint=hashlib.sha256(order_id.encode()).digest(),
        shop_id=shop.pk if shop else None,
        lines=lines,
    )
    recorded = record_sale(caller=Caller(SYSTEM), partner=partner, sale=sale, at=at)
    return Transaction.objects.get(pk=recorded.receipt.transaction_id)


def take_back(partner: Partner, order_id: str, total: str, *, at: datetime) -> Transaction:
    """Refund a part of an order."""
    refund = Refund(
        order_id=order_id,
        type="refund",
        occurred_at=at,
        fingerprint=hashlib.sha256(f"{order_id} {total}".encode()).digest(),
        order_total=Decimal(total),
    )
    recorded = record_refund(caller=Caller(SYSTEM), partner=partner, refund=refund, at=at)
    return Transaction.objects.get(pk=recorded.receipt.transaction_id)
