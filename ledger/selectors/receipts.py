"""What a till is answered for a sale or a refund, rebuilt from the transaction's own row."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.choices import TransactionType
from ledger.models import Transaction
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class SaleReceipt:
    """The figures of the answer. For a refund, points are signed: what was awarded is taken back (negative).

    `order_total` is what was paid besides points (contract 16.20).
    """

    transaction_id: int
    type: str
    points_awarded: int
    points_redeemed: int
    points_balance: int
    points_debt: int
    loyalty_card_id: int | None
    card_number: str | None
    user_id: int | None
    order_id: str
    order_total: Decimal
    points_discount_amount: Decimal
    currency: str
    occurred_at: datetime
    refund_id: str | None = None
    # Of the points awarded: what a multiplier and a cashback added.
    bonus_points: int = 0
    cashback_points: int = 0


def get_receipt(*, partner: Partner, transaction_id: int) -> SaleReceipt:
    """The answer that was given for a recorded transaction."""
    row = Transaction.objects.select_related("issued_card").get(partner=partner, pk=transaction_id)
    return receipt_of(row)


def find_purchase(*, partner: Partner, order_id: str, fingerprint: bytes) -> SaleReceipt | None:
    """The answer for a purchase that was recorded with this very body, if it was."""
    rows = Transaction.objects.select_related("issued_card").filter(
        partner=partner, order_id=order_id, type=TransactionType.PURCHASE, fingerprint=fingerprint
    )
    row = rows.first()
    return None if row is None else receipt_of(row)


def receipt_of(row: Transaction) -> SaleReceipt:
    """The answer for a transaction row."""
    sign = 1 if row.type == TransactionType.PURCHASE else -1
    return SaleReceipt(
        transaction_id=row.pk,
        type=row.type,
        points_awarded=sign * row.points_awarded,
        points_redeemed=sign * row.points_redeemed,
        points_balance=row.points_balance,
        points_debt=row.points_debt,
        loyalty_card_id=row.issued_card_id,
        card_number=row.issued_card.number if row.issued_card else None,
        user_id=row.customer_id,
        order_id=row.order_id,
        order_total=row.amount,
        points_discount_amount=row.points_discount_amount,
        currency=row.currency,
        occurred_at=row.occurred_at,
        refund_id=row.refund_id,
        bonus_points=sign * row.bonus_points,
        cashback_points=sign * row.cashback_points,
    )
