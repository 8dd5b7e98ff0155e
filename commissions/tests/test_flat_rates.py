"""Flat rates are computed in the database: to the last digit what the rules say, for any rates and sales."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from commissions.rules.currency import unit_of
from commissions.rules.lines import Line, accrue
from commissions.rules.rates import Rate, RateBook
from commissions.selectors.sources import read_sales, want_sales
from commissions.services.computing import Computing
from commissions.services.restating import restating
from ledger.models import Transaction, TransactionLine
from partners.models import Partner
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 6, 30, 20, tzinfo=UTC)
# In Vilnius midnight, and with it July, is an hour into the span of the sales.
CLOCK = datetime(2026, 6, 30, 23)  # noqa: DTZ001 - a wall clock
CATEGORIES = ("", "coffee", "Coffee", "šokoladas", "tea")
HOURS = st.integers(0, 30)
MONEY = st.decimals(0, 5000, places=2)
# Amounts whose share ends in a half are rare by chance, and the ones that matter.
AMOUNTS = (
    MONEY | st.integers(0, 400).map(lambda n: Decimal(n) / 2) | st.decimals(0, Decimal("999999999999.99"), places=2)
)
PERCENTS = st.decimals(0, 100, places=4) | st.sampled_from(
    [Decimal(n) for n in ("0", "1", "2.5", "4.5", "12.5", "100")]
)


class Sold(NamedTuple):
    """A sale to be made: `cart` holds (category, part)."""

    amount: Decimal
    minutes: int
    shop: int
    category: str
    cart: list[tuple[str, Decimal]]
    status: str


@st.composite
def rates(draw: Any, number: int) -> Rate:
    minimum = draw(st.none() | st.decimals(0, 20, places=2))
    more = draw(st.none() | st.decimals(0, 50, places=2))
    begins = draw(HOURS)
    lasts = draw(st.none() | st.integers(1, 30))
    return Rate(
        id=number,
        component=draw(st.sampled_from(["platform", "platform", "processing"])),
        percent=draw(PERCENTS),
        valid_from=CLOCK + timedelta(hours=begins),
        valid_to=None if lasts is None else CLOCK + timedelta(hours=begins + lasts),
        is_own=draw(st.booleans()),
        shop_id=draw(st.sampled_from([None, 1, 2])),
        category=draw(st.sampled_from(CATEGORIES)),
        fixed=draw(st.decimals(0, 3, places=2)),
        minimum=minimum,
        maximum=None if more is None else (minimum or Decimal(0)) + more,
    )


CARTS = st.lists(st.tuples(st.sampled_from(CATEGORIES), MONEY), max_size=3)
SALES = st.builds(
    Sold,
    amount=AMOUNTS,
    minutes=st.integers(0, 30 * 60) | HOURS.map(lambda hour: hour * 60),
    shop=st.integers(0, 3),
    category=st.sampled_from(CATEGORIES),
    cart=st.just([]) | CARTS,
    status=st.sampled_from(["completed", "completed", "cancelled", "pending"]),
)
BOOKS = st.integers(0, 6).flatmap(lambda count: st.tuples(*[rates(number) for number in range(1, count + 1)]))


def make(partner: Partner, shops: list[int | None], sold: list[Sold]) -> None:
    rows = [
        Transaction(
            partner=partner,
            type="purchase",
            status=one.status,
            order_id=str(number),
            shop_id=shops[one.shop],
            order_total=one.amount,
            amount=one.amount,
            currency=partner.currency,
            category=one.category,
            occurred_at=FIRST + timedelta(minutes=one.minutes),
            local_on=(CLOCK + timedelta(minutes=one.minutes)).date(),
            fingerprint=b"\0",
        )
        for number, one in enumerate(sold)
    ]
    lines = []
    for row, one in zip(Transaction.objects.bulk_create(rows), sold, strict=True):
        for number, (category, part) in enumerate(one.cart):
            line = {"transaction": row, "partner": partner, "number": number, "category": category}
            lines.append(TransactionLine(**line, quantity=1, total_price=part))
    TransactionLine.objects.bulk_create(lines)


def compared(partner: Partner, book: RateBook) -> tuple[list[Line], list[Line]]:
    """The lines as the database makes them, and as the rules do."""
    unit = unit_of(partner.currency)
    with restating(partner=partner, book=book):
        assert want_sales(partner=partner, where="true", values={})
        expected = list(accrue(read_sales(), book, unit))
        Computing(partner, book, unit).sales()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(Line._fields)} FROM desired_line")
            found = [Line(*row) for row in cursor.fetchall()]
    return found, expected


def in_order(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.source_id, line.component, line.category))


def hold_to_the_rules(runs: int) -> None:
    partners = {currency: PartnerFactory(currency=currency) for currency in ("EUR", "JPY", "KWD")}
    shops = {code: [None, *(ShopFactory(partner=one).pk for _ in range(3))] for code, one in partners.items()}

    @settings(
        max_examples=runs,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    @given(currency=st.sampled_from(sorted(partners)), drawn=BOOKS, sold=st.lists(SALES, min_size=1, max_size=12))
    def hold(currency: str, drawn: tuple[Rate, ...], sold: list[Sold]) -> None:
        partner = partners[currency]
        own = [
            Rate(
                **{name: getattr(rate, name) for name in Rate.__slots__}
                | {"shop_id": shops[currency][rate.shop_id or 0]}
            )
            for rate in drawn
        ]
        with transaction.atomic():
            make(partner, shops[currency], sold)
            found, expected = compared(partner, RateBook(own))
            transaction.set_rollback(True)
        assert in_order(found) == in_order(expected)

    hold()


def test_the_database_agrees_with_the_rules() -> None:
    hold_to_the_rules(60)


@pytest.mark.slow
def test_the_database_agrees_with_the_rules_for_long() -> None:
    hold_to_the_rules(3000)


def test_a_half_goes_away_from_zero_and_large_amounts_keep_their_last_digit() -> None:
    partner = PartnerFactory()
    amounts = ["1.00", "3.00", "0.10", "999999999999.99", "123456789012.34"]
    make(partner, [None], [Sold(Decimal(amount), 0, 0, "", [], "completed") for amount in amounts])
    book = RateBook([Rate(1, "platform", Decimal("4.5"), CLOCK)])
    found, expected = compared(partner, book)
    assert in_order(found) == in_order(expected)
    halves = ["0.05", "0.14", "0.00", "45000000000.00", "5555555505.56"]
    assert [f"{line.amount:.2f}" for line in in_order(found)] == halves
    assert {line.local_on for line in found} == {date(2026, 6, 30)}
