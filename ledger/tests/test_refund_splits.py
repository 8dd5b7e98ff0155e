"""Refunds in any split give back exactly the sale, never more (promise A6)."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.models import Transaction
from ledger.rules.reversal import Reversible, reverse
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of

cents = st.integers(1, 1_000_000)
cuts = st.lists(st.floats(0, 1), max_size=12)


def parts_of(total: int, places: list[float]) -> list[int]:
    """`total` cents cut at these places."""
    edges = sorted({0, total, *(round(total * place) for place in places)})
    return [right - left for left, right in pairwise(edges)]


def check_split(total: int, discount: int, awarded: int, redeemed: int, parts: list[int]) -> None:
    original = Reversible(Decimal(total) / 100, Decimal(discount) / 100, awarded, redeemed)
    done = Reversible()
    for part in parts:
        undone = reverse(original, done, Decimal(part) / 100)
        assert min(undone.points_discount_amount, undone.points_awarded, undone.points_redeemed) >= 0
        done = Reversible(
            done.order_total + undone.order_total,
            done.points_discount_amount + undone.points_discount_amount,
            done.points_awarded + undone.points_awarded,
            done.points_redeemed + undone.points_redeemed,
        )
        # At every moment within half a unit of the exact share: never minted, never hoarded.
        share = done.order_total / original.order_total
        assert abs(done.points_awarded - awarded * share) <= Decimal("0.5")
        assert abs(done.points_redeemed - redeemed * share) <= Decimal("0.5")
        assert abs(done.points_discount_amount - original.points_discount_amount * share) <= Decimal("0.005")
    assert done == original


splits = given(cents, st.floats(0, 1), st.integers(0, 10_000_000), st.integers(0, 10_000_000), cuts)


@settings(max_examples=300, deadline=None)
@splits
def test_any_split_adds_up_to_the_sale(
    total: int, share: float, awarded: int, redeemed: int, places: list[float]
) -> None:
    check_split(total, round(total * share), awarded, redeemed, parts_of(total, places))


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@splits
def test_any_of_ten_thousand_splits_adds_up(
    total: int, share: float, awarded: int, redeemed: int, places: list[float]
) -> None:
    check_split(total, round(total * share), awarded, redeemed, parts_of(total, places))


def check_over_the_wire(total: int, spent: int, places: list[float], later: int) -> None:
    till = Till(points_per_currency="1.37", round_points_up=True, min_points_for_redemption=0)
    till.card.refresh_from_db()
    customer = till.customer(spent + 1)
    sale = till.sale("A", user_id=customer.pk, order_total=total / 100, points_redeemed=spent).ok()
    gone = min(later, sale["points_balance"])
    if gone:
        till.adjust(issued_card_of(customer), -gone)
    parts = parts_of(total, places)
    for number, part in enumerate(parts):
        till.refund("A", order_total=part / 100, refund_id=f"R{number}").ok()
    till.refund("A", order_total=0.01, refund_id="more").refused(400, "REFUND_EXCEEDS_ORIGINAL")
    # Everything is as before the sale, but for what was taken meanwhile.
    balance, debt = balance_of(customer)
    assert balance - debt == spent + 1 - gone
    rows = Transaction.objects.filter(type="refund")
    original = Transaction.objects.get(type="purchase")
    for name in ("order_total", "amount", "points_discount_amount", "points_awarded", "points_redeemed"):
        assert sum(getattr(row, name) for row in rows) == getattr(original, name), name
    assert_sound()


over_the_wire = given(
    st.integers(1, 100_000), st.floats(0, 1), st.lists(st.floats(0, 1), max_size=4), st.integers(0, 2_000)
)
fixtures_are_kept = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.django_db
@settings(fixtures_are_kept, max_examples=8)
@over_the_wire
def test_the_till_sees_no_residue_either(
    undone: Any, total: int, share: float, places: list[float], later: int
) -> None:
    with undone():
        check_over_the_wire(total, int(total * share), places, later)


@pytest.mark.slow
@pytest.mark.django_db
@settings(fixtures_are_kept, max_examples=1_000)
@over_the_wire
def test_a_thousand_tills_see_no_residue(
    undone: Any, total: int, share: float, places: list[float], later: int
) -> None:
    with undone():
        check_over_the_wire(total, int(total * share), places, later)
