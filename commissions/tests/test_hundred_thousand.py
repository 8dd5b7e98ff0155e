"""Splits and months over a hundred thousand random cases each (promises A7, A8), and that the proof can fail."""

import random
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from commissions.rules.months import month_of, next_month
from commissions.rules.split import split_amount
from commissions.selectors.periods import month_start
from commissions.selectors.rates import wall_clock
from partners.models import Partner

UNITS = [Decimal(1), Decimal("0.01"), Decimal("0.001")]
ZONES = ["Europe/Vilnius", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]
Split = Callable[[Decimal, Mapping[str, Decimal], Decimal], list[tuple[str, Decimal]]]


def wrong_splits(split: Split, cases: int) -> int:
    """How many of so many random splits do not add up, are more than a unit off, or depend on the order."""
    chance, wrong = random.Random(7), 0
    for _ in range(cases):
        unit = chance.choice(UNITS)
        amount = chance.randrange(10 ** chance.randrange(1, 10)) * unit
        shares = [chance.randrange(1, 10 ** chance.randrange(1, 7)) for _ in range(chance.randint(1, 50))]
        weights = {f"group {number:02}": Decimal(share) for number, share in enumerate(shares)}
        names, total = list(weights), sum(shares)
        chance.shuffle(names)
        parts = dict(split(amount, weights, unit))
        near = all(
            abs(Fraction(part) - Fraction(amount) * Fraction(weights[name]) / total) < Fraction(unit)
            for name, part in parts.items()
        )
        again = dict(split(amount, {name: weights[name] for name in names}, unit))
        wrong += not (near and sum(parts.values()) == amount and again == parts)
    return wrong


def naive(amount: Decimal, weights: Mapping[str, Decimal], unit: Decimal) -> list[tuple[str, Decimal]]:
    """What anybody would write first: each part rounded by itself."""
    total = sum(weights.values())
    return [(name, (amount * share / total).quantize(unit, ROUND_HALF_UP)) for name, share in weights.items()]


def test_naive_rounding_is_caught() -> None:
    assert wrong_splits(naive, 300) > 100


@pytest.mark.parametrize("cases", [500, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a7_parts_add_up_to_the_unit(cases: int) -> None:
    assert wrong_splits(split_amount, cases) == 0


def start(zone: str, month: str) -> datetime:
    """Where a month begins, in UTC: two moments of one zone would be compared and subtracted by the wall clock."""
    return month_start(Partner(time_zone=zone), month).astimezone(UTC)


def instants(count: int) -> list[datetime]:
    """Around months' ends in five zones and changes of the clock, and anywhere."""
    chance = random.Random(8)
    changes = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
    found = []
    for _ in range(count):
        month = f"{chance.randint(2020, 2030)}-{chance.randint(1, 12):02}"
        end = start(chance.choice(ZONES), month)
        near = timedelta(microseconds=chance.choice([-1, 0, 1, chance.randint(-(10**10), 10**10)]))
        anywhere = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10 * 365 * 86_400))
        found.append(chance.choice([end, chance.choice(changes), anywhere]) + near)
    return found


@pytest.mark.parametrize("cases", [500, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a8_every_instant_is_in_exactly_one_month_of_each_zone(cases: int) -> None:
    months = ["2019-11"]
    while months[-1] < "2031-03":
        months.append(next_month(months[-1]))
    # Ranges that follow each other: neither gap nor overlap.
    starts = {zone: [start(zone, month) for month in months] for zone in ZONES}
    assert all(begin < end for found in starts.values() for begin, end in pairwise(found))
    for at in instants(cases):
        for zone in ZONES:
            month = month_of(wall_clock(Partner(time_zone=zone), at).date())
            assert months[bisect_right(starts[zone], at) - 1] == month, (zone, at)


def test_months_with_a_change_of_the_clock_have_743_and_745_hours() -> None:
    def hours(month: str) -> float:
        return (start("Europe/Vilnius", next_month(month)) - start("Europe/Vilnius", month)) / timedelta(hours=1)

    assert [hours(month) for month in ("2026-03", "2026-05", "2026-10")] == [743, 744, 745]
