"""Whatever happens in whatever order, however the steps fall: the roll-up is what the ledger makes of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.tests.worlds import Shops, assert_sound, state, statistics
from commissions.tests.factories import RateFactory, instant
from ledger.models import Transaction
from ledger.services.expiry import expire_partner_points
from ledger.tests.factories import issued_card_of
from partners.tests.factories import ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 2), st.integers(0, 70), st.integers(1, 9999)),
        st.tuples(st.just("undo"), st.integers(0, 9), st.integers(0, 70), st.integers(1, 100)),
        st.tuples(st.just("cancel"), st.integers(0, 9), st.integers(0, 70), st.just(0)),
        st.tuples(st.just("attach"), st.integers(0, 9), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("adjust"), st.integers(0, 1), st.just(0), st.integers(1, 500)),
        st.tuples(st.just("expire"), st.just(0), st.just(0), st.just(0)),
        st.tuples(st.just("accrue"), st.just(0), st.just(0), st.just(0)),
        st.tuples(st.just("roll"), st.just(0), st.just(0), st.integers(1, 5)),
    ),
    min_size=1,
    max_size=14,
)
BEGIN = instant("2026-05-20T03:00")


class Machine:
    """One partner with two members and strangers."""

    def __init__(self) -> None:
        self.shops = Shops(points_expiration_days=20)
        self.members = [self.shops.customer(), self.shops.customer()]
        self.places = [self.shops.shop, ShopFactory(partner=self.shops.partner)]
        RateFactory(partner=self.shops.partner, percent=Decimal("3.7"))
        self.sales: list[Transaction] = []

    def do(self, kind: str, who: int, day: int, size: int) -> None:
        getattr(self, kind)(who, _moment(day), size)

    def buy(self, who: int, at: str, size: int) -> None:
        total = Decimal(size) / 100
        part = (total / 3).quantize(Decimal("0.01"))
        goods = (("coffee", str(part)), ("", str(total - part))) if size % 3 == 0 else ()
        customer = self.members[who] if who < 2 else None
        self.sales.append(self.shops.buy(str(total), at, customer, goods=goods, shop=self.places[size % 2]))

    def _one(self, number: int) -> Transaction | None:
        return Transaction.objects.get(pk=self.sales[number % len(self.sales)].pk) if self.sales else None

    def _left(self, sale: Transaction) -> Decimal:
        return sale.order_total - sum((row.order_total for row in sale.reversals.all()), Decimal(0))

    def undo(self, number: int, at: str, percent: int) -> None:
        sale = self._one(number)
        part = (self._left(sale) * percent / 100).quantize(Decimal("0.01")) if sale else Decimal(0)
        if sale and 0 < part <= self._left(sale):
            self.shops.undo(sale, str(part), at)

    def cancel(self, number: int, at: str, _size: int) -> None:
        sale = self._one(number)
        if sale and self._left(sale):
            self.shops.undo(sale, None, at, "cancellation")

    def attach(self, number: int, _at: str, _size: int) -> None:
        sale = self._one(number)
        if sale and sale.customer_id is None and not sale.reversals.exists():
            self.shops.attach(sale, self.members[number % 2])

    def adjust(self, who: int, _at: str, size: int) -> None:
        self.shops.adjust(issued_card_of(self.members[who]), size)

    def expire(self, *_given: Any) -> None:
        expire_partner_points(partner=self.shops.partner, at=BEGIN + timedelta(days=60))

    def accrue(self, *_given: Any) -> None:
        self.shops.accrue()

    def roll(self, _who: int, _at: str, size: int) -> None:
        self.shops.roll(chunk=size)


def _moment(day: int) -> str:
    return (BEGIN + timedelta(hours=13 * day)).replace(tzinfo=None).isoformat()


def _said() -> Any:
    """Everything that the page would say of three periods."""
    periods = ({"period": "2026-05"}, {"period": "2026-06"}, {"period": "this_year"})
    return [[(block.currency, block.totals) for block in statistics(**period).blocks] for period in periods]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(EVENTS)
def test_rolled_up_bit_by_bit_is_rebuilt_is_read_from_the_ledger(events: list[tuple[str, int, int, int]]) -> None:
    machine = Machine()
    for event in events:
        machine.do(*event)
    mine = machine.shops.partner.pk
    assert_sound(mine)
    said = _said()
    machine.shops.roll(chunk=2)
    assert_sound(mine)
    assert _said() == said
    rolled = state()
    machine.shops.rebuild()
    assert state() == rolled
    assert _said() == said
