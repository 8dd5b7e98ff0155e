"""A partner whose sales are rolled up in tests: sells, takes back, attaches, and looks at the days."""

import hashlib
import itertools
from datetime import datetime
from decimal import Decimal
from typing import Any

from analytics.models import CategoryDay, CustomerDay, PartnerDay, PartnerMonth, ShopDay
from analytics.rules.asking import Asked, Scope, read_asked
from analytics.selectors.integrity import find_drift
from analytics.selectors.stats import Statistics, get_statistics_across_partners
from analytics.services.rolling import Rolled, rebuild_partner, roll_up_partner
from commissions.services.sync import accrue_partner
from commissions.tests.factories import instant
from customers.models import Customer
from ledger.models import Transaction
from ledger.rules.cart import CartLine
from ledger.services.receipts import attach_receipt
from ledger.services.refunds import Refund, record_refund
from ledger.services.reported import Caller
from ledger.tests.factories import Till
from ledger.tests.tills import sell
from loyalty.services.audit import SYSTEM
from partners.models import Shop

NOW = instant("2026-11-20T12:00")
MODELS = (ShopDay, PartnerDay, PartnerMonth, CategoryDay, CustomerDay)


class Shops(Till):
    """A partner of decision 32 with one shop: 1 point per 1.00."""

    _numbers = itertools.count(1)

    def buy(self, total: str, at: str, customer: Customer | None = None, **options: Any) -> Transaction:
        """A purchase; `goods` are (category, part of the cart)."""
        goods = options.pop("goods", ())
        lines = tuple(CartLine(total_price=Decimal(part), category=name) for name, part in goods)
        order = options.pop("order", f"R{next(self._numbers)}")
        shop: Shop = options.pop("shop", self.shop)
        return sell(self.partner, order, total, at=instant(at), customer=customer, shop=shop, lines=lines)

    def undo(self, sale: Transaction, total: str | None, at: str, kind: str = "refund") -> Transaction:
        """A refund of a part, or a cancellation."""
        refund = Refund(
            order_id=sale.order_id,
            type=kind,
            occurred_at=instant(at),
            fingerprint=hashlib.sha256(f"{sale.order_id} {total} {at}".encode()).digest(),
            order_total=Decimal(total) if total else None,
            refund_id=None if kind == "cancellation" else f"{at} {total}",
        )
        recorded = record_refund(caller=Caller(SYSTEM), partner=self.partner, refund=refund, at=instant(at))
        return Transaction.objects.get(pk=recorded.receipt.transaction_id)

    def attach(self, sale: Transaction, customer: Customer, at: datetime | None = None) -> None:
        """The receipt is this customer's."""
        attach_receipt(
            actor=SYSTEM,
            partner=self.partner,
            transaction=sale,
            customer=customer,
            at=at or sale.occurred_at,
            reason="found",
        )

    def roll(self, **options: Any) -> Rolled:
        """What the schedule does."""
        return roll_up_partner(partner=self.partner, at=NOW, **options)

    def rebuild(self, **options: Any) -> Rolled | None:
        return rebuild_partner(partner=self.partner, at=NOW, **options)

    def accrue(self) -> None:
        """Commission follows."""
        accrue_partner(partner=self.partner, at=NOW)

    def days(self, *names: str) -> dict[str, tuple[Any, ...]]:
        """These figures of every day that has any, as written in a sentence."""
        names = names or ("purchases", "revenue")
        rows = PartnerDay.objects.filter(partner=self.partner).order_by("local_on")
        return {f"{row.local_on:%m-%d}": tuple(_plain(getattr(row, name)) for name in names) for row in rows}

    def active(self) -> list[tuple[str, int]]:
        """(day, customer) of everybody's active days."""
        rows = CustomerDay.objects.filter(partner=self.partner, is_active=True).order_by("local_on", "customer_id")
        return [(f"{row.local_on:%m-%d}", row.customer_id) for row in rows]


def _plain(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the roll-up but its own number; one of nothing but zeros is as good as none."""
    found = {}
    for model in MODELS:
        fields = [field for field in model._meta.concrete_fields if field.attname != "id"]
        figures = [index for index, field in enumerate(fields) if field.has_db_default()]
        rows = model._default_manager.values_list(*(field.attname for field in fields))
        found[model.__name__] = sorted((row for row in rows if any(row[index] for index in figures)), key=repr)
    return found


def assert_sound(partner_id: int | None = None) -> None:
    """The roll-up is what the ledger makes of it."""
    assert {name: rows for name, rows in find_drift(partner_id=partner_id).items() if rows} == {}


def statistics(period: str | None = None, *, scope: Scope | None = None, at: datetime = NOW, **days: Any) -> Statistics:
    """What the page says."""
    asked: Asked = read_asked(period=period, first=days.get("first"), last=days.get("last"))
    return get_statistics_across_partners(asked=asked, scope=scope or Scope(), at=at)


def current(found: Statistics, *names: str) -> tuple[Any, ...]:
    """Figures of the only currency in the period."""
    (block,) = found.blocks
    compared = block.totals.compared()
    return tuple(_plain(compared[name].current) for name in names)
