"""The worked examples as pure arithmetic, and what holds for every amount."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissions.rules.currency import rounded, unit_of
from commissions.rules.lines import Line, Sale, accrue, clamp
from commissions.rules.months import begins_at, month_of, next_month, posts_in
from commissions.rules.rates import Rate, RateBook
from commissions.rules.reversals import Refunded, reverse
from commissions.rules.split import split_amount
from commissions.tests.factories import clock

CENT = Decimal("0.01")
VILNIUS = ZoneInfo("Europe/Vilnius")
S9 = 9


def rate(number: int, percent: str, since: str = "2026-01-01", until: str | None = None, **fields: Any) -> Rate:
    """A rate in short."""
    ends = datetime.fromisoformat(until) if until else None
    component = fields.pop("component", "platform")
    return Rate(number, component, Decimal(percent), datetime.fromisoformat(since), ends, **fields)


R1 = rate(1, "5")
R2 = rate(2, "4", until="2026-07-01", is_own=True)
R3 = rate(3, "4.5", "2026-07-01", is_own=True)
R4 = rate(4, "2.5", is_own=True, category="coffee", minimum=Decimal("0.05"), maximum=Decimal(10))
R5 = rate(5, "1", is_own=True, category="coffee", shop_id=S9)
BOOK = RateBook([R5, R3, R1, R4, R2])


def sale(amount: str, at: str, number: int = 1, **fields: Any) -> Sale:
    """A sale at an instant in UTC, in Vilnius."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(VILNIUS).replace(tzinfo=None)
    place = {"shop_id": None, **fields}
    return Sale(number, month_of(moment.date()), moment, moment.date(), amount=Decimal(amount), **place)


def one(found: Any) -> Line:
    """The only line."""
    [line] = list(found)
    return line


@pytest.mark.parametrize(
    ("name", "sold", "fields", "expected", "by"),
    [
        ("A1", ("19.99", "2026-06-10T09:00"), {}, "0.80", R2),
        ("A2", ("12.50", "2026-06-10T09:00"), {}, "0.50", R2),
        ("A3", ("1.00", "2026-07-10T09:00"), {}, "0.05", R3),
        ("A4", ("1.20", "2026-06-11T09:00"), {"category": "coffee"}, "0.05", R4),
        ("A5", ("500.00", "2026-06-11T09:00"), {"category": "coffee"}, "10.00", R4),
        ("A6", ("8.40", "2026-06-12T09:00"), {"category": "coffee"}, "0.21", R4),
        ("shop and category", ("8.40", "2026-06-12T09:00"), {"category": "coffee", "shop_id": S9}, "0.08", R5),
        ("another shop", ("8.40", "2026-06-12T09:00"), {"category": "coffee", "shop_id": 8}, "0.21", R4),
        ("B1", ("100.00", "2026-06-30T20:59:59"), {}, "4.00", R2),
        ("B2", ("100.00", "2026-06-30T21:00:00"), {}, "4.50", R3),
    ],
)
def test_a_sale_pays_by_the_most_specific_rate_of_its_local_day(
    name: str, sold: tuple[str, str], fields: dict[str, Any], expected: str, by: Rate
) -> None:
    line = one(accrue([sale(*sold, **fields)], BOOK, CENT))
    assert (line.amount, line.rate_id, line.kind) == (Decimal(expected), by.id, "accrual"), name


def test_a9_the_platforms_default_serves_a_partner_without_rates() -> None:
    line = one(accrue([sale("19.99", "2026-06-10T09:00")], RateBook([R1]), CENT))
    assert (str(line.amount), line.rate_id) == ("1.00", 1)


def test_a_sale_that_no_rate_covers_says_so() -> None:
    line = one(accrue([sale("19.99", "2025-12-31T12:00")], BOOK, CENT))
    assert (line.kind, line.amount, line.rate_id, line.base) == ("no_rate", 0, None, Decimal("19.99"))
    assert one(accrue([sale("1.00", "2026-01-01T12:00")], RateBook([]), CENT)).kind == "no_rate"


def test_the_months_of_b1_and_b2() -> None:
    assert sale("100", "2026-06-30T20:59:59").month == "2026-06"
    assert sale("100", "2026-06-30T21:00:00").month == "2026-07"


TIERS = ((Decimal(0), Decimal(5)), (Decimal(1000), Decimal(4)), (Decimal(5000), Decimal(3)))
C_SALES = [sale(amount, f"2026-06-0{day}T09:00", day) for day, amount in enumerate(("600", "700", "4000", "100"), 1)]


@pytest.mark.parametrize(
    ("mode", "amounts"),
    [("marginal", ["30.00", "32.00", "157.00", "3.00"]), ("whole", ["18.00", "21.00", "120.00", "3.00"])],
)
def test_c1_to_c4_tiers_both_ways_in_any_order_of_arrival(mode: str, amounts: list[str]) -> None:
    book = RateBook([rate(1, "0", mode=mode, tiers=TIERS)])
    for sales in (C_SALES, C_SALES[::-1]):
        lines = {line.source_id: str(line.amount) for line in accrue(sales, book, CENT)}
        assert [lines[number] for number in (1, 2, 3, 4)] == amounts


def test_tiers_begin_anew_each_month_and_below_the_first_the_rates_own_percent_counts() -> None:
    book = RateBook([rate(1, "10", mode="marginal", tiers=((Decimal(100), Decimal(1)),))])
    sales = [sale("150", "2026-06-01T09:00", 1), sale("150", "2026-07-01T09:00", 2), sale("10", "2026-07-02T09:00", 3)]
    assert [str(line.amount) for line in accrue(sales, book, CENT)] == ["10.50", "10.50", "0.10"]


def test_the_fixed_part_is_paid_once_by_the_largest_group() -> None:
    book = RateBook([rate(1, "2.9", component="processing", fixed=Decimal("0.30")), R1])
    mixed = sale("10.00", "2026-06-10T09:00", groups={"tea": Decimal(3), "coffee": Decimal(6), "": Decimal(1)})
    lines = [(line.component, line.category, str(line.base), str(line.amount)) for line in accrue([mixed], book, CENT)]
    assert lines == [
        ("platform", "coffee", "6.00", "0.30"),
        ("platform", "tea", "3.00", "0.15"),
        ("platform", "", "1.00", "0.05"),
        ("processing", "coffee", "6.00", "0.47"),
        ("processing", "tea", "3.00", "0.09"),
        ("processing", "", "1.00", "0.03"),
    ]


def _refunds(line: str, base: str, parts: list[str], unit: Decimal = CENT) -> list[Line]:
    reached, lines = Decimal(0), []
    for number, part in enumerate(parts, 2):
        before, reached = reached, reached + Decimal(part)
        place = (number, "2026-07", date(2026, 7, 10), None, "platform", "", "2026-06", 2)
        figures = (Decimal(line), Decimal(base), Decimal(base), before, reached)
        lines.append(reverse(Refunded(*place, *figures), unit))
    return lines


def test_d1_to_d3_parts_give_back_exactly_the_line() -> None:
    assert [str(line.amount) for line in _refunds("0.05", "1.00", ["0.50", "0.50"])] == ["-0.03", "-0.02"]


def test_e2_a_refund_goes_by_the_line_of_the_sale_not_by_todays_rate() -> None:
    line = one(_refunds("4.00", "100.00", ["40.00"]))
    assert (str(line.amount), line.month, line.origin_month, line.base) == ("-1.60", "2026-07", "2026-06", -40)


def test_a_month_passes_to_the_next_open_one() -> None:
    assert posts_in("2026-06", set()) == "2026-06"
    assert posts_in("2026-06", {"2026-06"}) == "2026-07"
    assert posts_in("2026-11", {"2026-11", "2026-12"}) == "2027-01"
    assert begins_at("2026-07") == clock("2026-07-01")


def test_units_are_those_of_iso_4217() -> None:
    assert [str(unit_of(code)) for code in ("EUR", "JPY", "KWD", "CLF")] == ["0.01", "1", "0.001", "0.0001"]
    assert [str(rounded(Decimal(text), CENT)) for text in ("0.045", "-0.045", "0.0449")] == ["0.05", "-0.05", "0.04"]
    yen = one(accrue([sale("150.00", "2026-06-10T09:00")], RateBook([rate(1, "5")]), unit_of("JPY")))
    assert str(yen.amount) == "8"


MONEY = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
LIMITS = st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 5000))
PERCENT = st.integers(0, 1_000_000).map(lambda number: Decimal(number) / 10_000)


@settings(max_examples=300, deadline=None)
@given(MONEY, PERCENT, LIMITS, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_a_line_is_exact_to_half_a_unit_and_within_its_limits(
    amount: Decimal, percent: Decimal, limits: tuple[int, int, int], currency: str
) -> None:
    fixed, least, more = limits
    unit = unit_of(currency)
    terms = {"fixed": fixed * unit, "minimum": least * unit, "maximum": (least + more) * unit}
    terms_rate = rate(1, str(percent), **terms)
    line = one(accrue([sale(str(amount), "2026-06-10T09:00")], RateBook([terms_rate]), unit)).amount
    exact = Fraction(amount) * Fraction(percent) / 100
    near = Decimal(int((exact / Fraction(unit) + Fraction(1, 2)) // 1)) * unit
    assert line == clamp(near + fixed * unit, terms_rate)
    assert terms["minimum"] <= line <= terms["maximum"]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 10**9),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=50),
    st.sampled_from([Decimal(1), CENT, Decimal("0.001")]),
    st.randoms(),
)
def test_parts_add_up_within_one_unit_whatever_the_order(
    units: int, shares: list[int], unit: Decimal, random: Any
) -> None:
    weights = {f"group {index:02}": Decimal(share) for index, share in enumerate(shares)}
    amount = units * unit
    parts = split_amount(amount, weights, unit)
    assert sum(part for _name, part in parts) == amount
    total = sum(shares)
    for name, part in parts:
        assert part % unit == 0
        if total:
            assert abs(Fraction(part) - Fraction(amount) * Fraction(weights[name]) / total) < Fraction(unit)
    names = list(weights)
    random.shuffle(names)
    assert split_amount(amount, {name: weights[name] for name in names}, unit) == parts


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**6), min_size=1, max_size=12), st.booleans())
def test_refunds_in_any_split_leave_nothing_and_never_exceed_the_line(
    line: int, parts: list[int], is_complete: bool
) -> None:
    amount, base = Decimal(line) / 100, Decimal(sum(parts)) / 100
    given_parts = [str(Decimal(part) / 100) for part in (parts if is_complete else parts[:-1])]
    lines = _refunds(str(amount), str(base), given_parts)
    back = Decimal(0)
    for reversal in lines:
        assert reversal.amount <= 0
        back -= reversal.amount
        assert back <= amount
    if is_complete:
        assert back == amount
        assert sum(reversal.base for reversal in lines) == -base
    else:
        reached = sum((Decimal(part) for part in given_parts), Decimal(0))
        assert back == (amount * reached / base).quantize(CENT, ROUND_HALF_UP)


ZONES = ["Europe/Vilnius", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]
EDGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 12, 31, 22, tzinfo=UTC),
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EDGES), st.integers(-(10**11), 10**11), st.sampled_from(ZONES))
def test_an_instant_is_in_exactly_one_month_of_the_partners_zone(edge: datetime, micros: int, zone: str) -> None:
    local = (edge + timedelta(microseconds=micros)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    month = month_of(local.date())
    assert begins_at(month) <= local < begins_at(next_month(month))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 500_000), st.integers(0, 2_000_000)), min_size=1, max_size=30),
    st.sampled_from(["marginal", "whole"]),
    st.randoms(),
)
def test_tiers_do_not_depend_on_the_order_of_arrival(rows: list[tuple[int, int]], mode: str, random: Any) -> None:
    begin = clock("2026-06-01")
    moments = [begin + timedelta(seconds=second) for _cents, second in rows]
    sales = [
        Sale(number, "2026-06", moment, moment.date(), None, Decimal(cents) / 100)
        for number, ((cents, _second), moment) in enumerate(zip(rows, moments, strict=True))
    ]
    book = RateBook([rate(1, "0", mode=mode, tiers=TIERS)])
    lines = {line.source_id: line.amount for line in accrue(sales, book, CENT)}
    mixed = list(sales)
    random.shuffle(mixed)
    assert {line.source_id: line.amount for line in accrue(mixed, book, CENT)} == lines
    volume = sum(one.amount for one in sales)
    if mode == "marginal":
        exact = sum(
            (min(volume, end) - start) * percent / 100
            for (start, percent), end in zip(TIERS, [Decimal(1000), Decimal(5000), volume], strict=True)
            if volume > start
        )
        assert abs(sum(lines.values()) - exact) <= Decimal("0.005") * len(rows)
