"""A partner whose commission is computed in tests: sells, refunds, synchronizes and looks at the lines."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

from commissions.models import CommissionEntry, CommissionPeriod
from commissions.services.sync import accrue_partner, force_sync
from commissions.tests.factories import RateFactory, clock, instant
from ledger.models import Transaction
from ledger.rules.cart import CartLine
from ledger.services.refunds import Refund, record_refund
from ledger.services.reported import Caller
from ledger.tests.tills import sell
from loyalty.services.audit import SYSTEM
from partners.models import Shop
from partners.tests.factories import PartnerFactory, ShopFactory

NOW = instant("2026-08-10T09:00")


class Books:
    """The setup of the worked examples: R1 to R5 in EUR, in Vilnius."""

    def __init__(self, **partner: Any) -> None:
        self.partner = PartnerFactory(**partner)
        self.shop: Shop = ShopFactory(partner=self.partner)
        self.s9: Shop = ShopFactory(partner=self.partner, name="S9")

    def with_rates(self) -> "Books":
        """R1 to R5."""
        self.r1 = RateFactory()
        self.r2 = RateFactory(partner=self.partner, percent=4, valid_to=clock("2026-07-01"))
        self.r3 = RateFactory(partner=self.partner, percent=Decimal("4.5"), valid_from=clock("2026-07-01"))
        coffee = {"partner": self.partner, "category": "coffee"}
        self.r4 = RateFactory(**coffee, percent=Decimal("2.5"), minimum=Decimal("0.05"), maximum=10)
        self.r5 = RateFactory(**coffee, percent=1, shop=self.s9)
        return self

    def sell(
        self, order: str, amount: str, at: str, *categories: tuple[str, str], shop: Shop | None = None
    ) -> Transaction:
        """A purchase; `categories` are (name, part of the cart)."""
        lines = tuple(CartLine(total_price=Decimal(part), category=name) for name, part in categories)
        return sell(self.partner, order, amount, at=instant(at), shop=shop or self.shop, lines=lines)

    def coffee(self, order: str, amount: str, at: str, shop: Shop | None = None) -> Transaction:
        """A purchase of nothing but coffee."""
        return self.sell(order, amount, at, ("coffee", amount), shop=shop)

    def refund(self, order: str, amount: str, at: str) -> Transaction:
        """Take back a part, which may equal an earlier one."""
        refund = Refund(
            order_id=order,
            type="refund",
            occurred_at=instant(at),
            fingerprint=hashlib.sha256(f"{order} {at}".encode()).digest(),
            order_total=Decimal(amount),
            refund_id=at,
        )
        recorded = record_refund(caller=Caller(SYSTEM), partner=self.partner, refund=refund, at=instant(at))
        return Transaction.objects.get(pk=recorded.receipt.transaction_id)

    def accrue(self, at: datetime = NOW, **options: Any) -> Any:
        """What the schedule does."""
        return accrue_partner(partner=self.partner, at=at, **options)

    def force(self, month: str | None = None, *, is_dry: bool = False, at: datetime = NOW) -> Any:
        """What an administrator does."""
        return force_sync(actor=SYSTEM, partner=self.partner, month=month, is_dry=is_dry, at=at).run

    def lines(self, *orders: str) -> list[tuple[str, str, str, str]]:
        """(order, month posted in, kind, amount) of this partner's lines, oldest first."""
        rows = CommissionEntry.objects.filter(partner=self.partner).select_related("period").order_by("pk")
        names = dict(Transaction.objects.filter(partner=self.partner).values_list("pk", "order_id"))
        found = [
            (
                names.get(row.source_id, "") if row.source_type == "transaction" else "",
                row.period.month,
                row.kind,
                f"{row.amount:.2f}",
            )
            for row in rows
        ]
        return [line for line in found if not orders or line[0] in orders]

    def transactions(self) -> list[Transaction]:
        """Every sale and refund."""
        return list(Transaction.objects.filter(partner=self.partner))

    def amounts(self) -> dict[str, Decimal]:
        """What each order pays in all."""
        sums: dict[str, Decimal] = {}
        for order, _month, _kind, amount in self.lines():
            sums[order] = sums.get(order, Decimal(0)) + Decimal(amount)
        return sums

    def total(self, month: str) -> tuple[int, str]:
        """Lines and total of a month, as the period says and as its lines do."""
        period = CommissionPeriod.objects.get(partner=self.partner, month=month)
        rows = CommissionEntry.objects.filter(period=period)
        assert (period.lines, period.total) == (rows.count(), sum((row.amount for row in rows), Decimal(0)))
        return period.lines, f"{period.total:.2f}"


def counts(run: Any) -> tuple[int, int, int, int]:
    """created, updated, removed, unchanged."""
    return (run.created, run.updated, run.removed, run.unchanged)


def examples(*, with_rates: bool = True) -> Books:
    """A1 to B2 of the worked examples, sold."""
    books = Books().with_rates() if with_rates else Books()
    books.sell("A1", "19.99", "2026-06-10T09:00")
    books.sell("A2", "12.50", "2026-06-10T10:00")
    books.sell("A3", "1.00", "2026-07-10T09:00")
    books.coffee("A4", "1.20", "2026-06-11T09:00")
    books.coffee("A5", "500.00", "2026-06-11T10:00")
    books.coffee("A6", "8.40", "2026-06-12T09:00")
    books.coffee("A7", "8.40", "2026-06-12T10:00", shop=books.s9)
    books.sell("B1", "100.00", "2026-06-30T20:59:59")
    books.sell("B2", "100.00", "2026-06-30T21:00:00")
    return books


EXPECTED = {
    "A1": "0.80",
    "A2": "0.50",
    "A3": "0.05",
    "A4": "0.05",
    "A5": "10.00",
    "A6": "0.21",
    "A7": "0.08",
    "B1": "4.00",
    "B2": "4.50",
}
