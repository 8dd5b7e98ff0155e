"""Windows of days, and in how few rows they are read."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.rules.asking import read_asked, read_scope
from analytics.rules.comparing import Compared, ratio
from analytics.rules.windows import Window, held_spans, spans_of, window_of
from loyalty.errors import ValidationFailed

TODAY = date(2026, 11, 20)
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", "2026-11-20", "2026-11-20"),
        ("yesterday", "2026-11-19", "2026-11-19"),
        ("last_30_days", "2026-10-22", "2026-11-20"),
        ("this_month", "2026-11-01", "2026-11-20"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_year", "2026-01-01", "2026-11-20"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026-12", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_named_period_is_these_days(period: str, first: str, last: str) -> None:
    window = window_of(period, TODAY)
    assert (window.first.isoformat(), window.last.isoformat()) == (first, last)


def test_the_period_before_is_as_long_and_ends_where_it_begins() -> None:
    window = Window(date(2026, 3, 1), date(2026, 4, 1))
    assert window.before == Window(date(2026, 1, 29), date(2026, 3, 1))
    assert (window.days, window.before.days) == (31, 31)


def _days(first: date, until: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((until - first).days)]


@given(DAYS, st.integers(1, 500), DAYS)
def test_spans_are_the_window_once_in_few_rows(first: date, length: int, today: date) -> None:
    window = Window(first, first + timedelta(days=length))
    spans = spans_of(window, today)
    counted = [day for span in spans if span.kind != "not_day" for day in _days(span.first, span.until)]
    too_much = [day for span in spans if span.kind == "not_day" for day in _days(span.first, span.until)]
    assert len(counted) == len(set(counted))
    assert len(too_much) == len(set(too_much))
    assert set(too_much) <= set(counted)
    assert sorted(set(counted) - set(too_much)) == _days(window.first, window.until)
    assert all(span.first.day == span.until.day == 1 for span in spans if span.kind == "month")
    # At most half a month of days at either end.
    assert sum((span.until - span.first).days for span in spans if span.kind == "day") <= 31


def test_a_period_that_ends_today_is_read_from_months_without_days_to_come() -> None:
    spans = spans_of(Window(date(2026, 10, 30), date(2026, 11, 28)), date(2026, 11, 27))
    assert [(span.kind, span.first, span.until) for span in spans] == [
        ("day", date(2026, 10, 30), date(2026, 11, 1)),
        ("month", date(2026, 11, 1), date(2026, 12, 1)),
        ("not_day", date(2026, 11, 28), date(2026, 12, 1)),
    ]


@given(DAYS, DAYS)
def test_what_is_held_before_a_day_is_every_day_before_it_once(until: date, today: date) -> None:
    months, rest, too_much = held_spans(until, today)
    since = date(2023, 1, 1)
    counted = _days(since, months.until) + _days(rest.first, rest.until)
    assert sorted(set(counted) - set(_days(too_much.first, too_much.until))) == _days(since, until)
    assert len(counted) == len(set(counted))
    assert months.until.day == 1


def test_growth_is_in_percent_and_from_nothing_there_is_none() -> None:
    assert Compared(150, 100).growth == Decimal("50.00")
    assert Compared(Decimal("0.05"), Decimal("0.04")).growth == Decimal("25.00")
    assert Compared(-50, -100).growth == Decimal("50.00")
    assert (Compared(5, 0).change, Compared(5, 0).growth, Compared(None, 3).change) == (5, None, None)
    assert ratio(1, 0) is None
    assert ratio(Decimal("1.005"), 1) == Decimal("1.01")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"period": "last_5_days"}, "period"),
        ({"period": "2026-13"}, "period"),
        ({"period": "today", "first": TODAY}, "period"),
        ({"first": TODAY}, "date_to"),
        ({"last": TODAY}, "date_from"),
        ({"first": TODAY, "last": date(2026, 11, 19)}, "date_to"),
        ({"first": date(1, 1, 1), "last": TODAY}, "date_from"),
        ({"first": date(9999, 12, 31), "last": date(9999, 12, 31)}, "date_from"),
    ],
)
def test_a_period_that_cannot_be_meant_is_refused(asked: dict, field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_asked(**{"period": None, "first": None, "last": None, **asked})
    assert list(refused.value.errors) == [field]


def test_filters_of_one_key_are_alternatives_and_add_up_over_both_ways_to_say_them() -> None:
    scope = read_scope(
        words=["tier:starter", "tier:professional", "country:lt", "franchise_network"], given={"network": ["12"]}
    )
    assert (scope.tier, scope.country, scope.network) == (("starter", "professional"), ("LT",), (12,))
    assert scope.is_of_networks


@pytest.mark.parametrize(
    "word", ["tier", "tier:", "shop:1", "", "network:x", "network:-1", "status:gone", "country:LTU"]
)
def test_a_filter_that_cannot_be_meant_is_refused(word: str) -> None:
    with pytest.raises(ValidationFailed):
        read_scope(words=[word], given={})
