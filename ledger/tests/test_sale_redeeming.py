"""Paying with points at the till (contract 7, decision 5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.models import CardShop
from ledger.models import PointsLot
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of, ledger_state
from partners.choices import EarnBasis
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


def test_points_pay_pro_rata_to_the_cent() -> None:
    till = Till()
    customer = till.customer(2000)
    data = till.sale(user_id=customer.pk, order_total=100, points_redeemed=1250, points=0).ok()
    assert (data["points_discount_amount"], data["order_total"]) == (12.5, 87.5)
    assert (data["points_redeemed"], data["points_balance"]) == (1250, 750)
    assert_sound()


def test_a_discount_that_is_right_is_taken_and_another_one_refused() -> None:
    till = Till()
    customer = till.customer(1000)
    sale = {"user_id": customer.pk, "order_total": 100, "points_redeemed": 500}
    before = ledger_state()
    for wrong in (4.99, 5.01, 0, 500):
        till.sale(**sale, points_discount_amount=wrong).refused(422, "VALIDATION_ERROR", "points_discount_amount")
    till.sale(user_id=customer.pk, order_total=100, points_discount_amount=5).refused(
        422, "VALIDATION_ERROR", "points_discount_amount"
    )
    assert ledger_state() == before
    assert till.sale(**sale, points_discount_amount=5).ok()["points_discount_amount"] == 5.0
    till.sale(order_total=1, points_discount_amount=0).ok()


@pytest.mark.parametrize(
    ("card", "points", "allowed"),
    [
        ({"min_points_for_redemption": 100}, 99, False),
        ({"min_points_for_redemption": 100}, 100, True),
        ({"max_points_per_redemption": 300}, 300, True),
        ({"max_points_per_redemption": 300}, 301, False),
        ({}, 1550, True),
        ({}, 1551, False),
        ({"points_redemption_enabled": False}, 100, False),
    ],
)
def test_the_cards_limits_of_spending_hold(card: dict[str, Any], points: int, allowed: bool) -> None:
    till = Till(**card)
    customer = till.customer(5000)
    before = ledger_state()
    answer = till.sale(user_id=customer.pk, order_total=15.50, points_redeemed=points)
    if allowed:
        assert answer.ok()["points_redeemed"] == points
    else:
        answer.refused(422, "VALIDATION_ERROR", "points_redeemed")
        assert ledger_state() == before


def test_points_that_pay_an_order_in_full_never_pay_more_than_it_costs() -> None:
    till = Till(points_per_currency_redemption=3, min_points_for_redemption=0)
    customer = till.customer(100)
    # 2 points are the fewest that pay 0.50, and worth 0.67.
    data = till.sale(user_id=customer.pk, order_total=0.50, points_redeemed=2).ok()
    assert (data["points_discount_amount"], data["order_total"], data["points_awarded"]) == (0.5, 0.0, 0)
    till.sale(user_id=customer.pk, order_total=0.50, points_redeemed=3).refused(422, "VALIDATION_ERROR")
    assert_sound()


def test_a_net_total_does_not_limit_the_points_that_already_came_off_it() -> None:
    till = Till(partner={"earn_basis": EarnBasis.NET})
    customer = till.customer(5000)
    data = till.sale(user_id=customer.pk, order_total=0, points_redeemed=4500, points_discount_amount=45).ok()
    assert (data["order_total"], data["points_discount_amount"], data["points_balance"]) == (0.0, 45.0, 500)
    assert_sound()


def test_too_few_points_are_refused_with_what_there_is() -> None:
    till = Till()
    customer = till.customer(199)
    before = ledger_state()
    answer = till.sale(user_id=customer.pk, order_total=10, points_redeemed=200)
    answer.refused(400, "INSUFFICIENT_POINTS", "points_redeemed")
    assert "199" in answer.body["message"]
    assert ledger_state() == before
    till.sale(user_id=customer.pk, order_total=10, points_redeemed=199).ok()
    assert balance_of(customer)[0] == 8


def test_points_of_this_very_sale_cannot_pay_for_it() -> None:
    till = Till()
    customer = till.customer(100)
    before = ledger_state()
    till.sale(user_id=customer.pk, order_total=1000, points_redeemed=101).refused(400, "INSUFFICIENT_POINTS")
    assert ledger_state() == before


def test_points_are_not_spent_where_the_card_is_not_valid() -> None:
    till = Till()
    CardShop.objects.create(card=till.card, shop=ShopFactory(partner=till.partner))
    customer = till.customer(500)
    before = ledger_state()
    sale = {"user_id": customer.pk, "order_total": 10, "points_redeemed": 100, "shop_id": till.shop.pk}
    till.sale(**sale).refused(422, "VALIDATION_ERROR", "points_redeemed")
    assert ledger_state() == before


@pytest.mark.parametrize("points", [-1, 10_000_001, 2**40, 1.5, "many", True, [], {}])
def test_points_that_are_no_number_of_points_are_refused(points: Any) -> None:
    till = Till()
    customer = till.customer(500)
    before = ledger_state()
    for field in ("points_redeemed", "points"):
        till.sale(user_id=customer.pk, order_total=10, **{field: points}).refused(422, "VALIDATION_ERROR", field)
    assert ledger_state() == before


def test_the_oldest_points_are_spent_first_whenever_they_expire() -> None:
    till = Till()
    customer = till.customer()
    card = till.card
    now = timezone.now()
    # Earned 30, 20 and 10 days ago; the middle ones expire first.
    for days, expires in ((30, 365), (20, 40), (10, None)):
        type(card).objects.filter(pk=card.pk).update(points_expiration_days=expires)
        then = (now - timedelta(days=days)).isoformat()
        till.sale(user_id=customer.pk, order_total=100, occurred_at=then).ok()
    till.sale(user_id=customer.pk, order_total=100, points_redeemed=150, points=0).ok()
    lots = PointsLot.objects.filter(issued_card=issued_card_of(customer)).order_by("earned_at")
    assert [lot.remaining for lot in lots] == [0, 50, 100]
    balance = till.get("loyalty-cards/balance", user_id=customer.pk).ok()
    assert (balance["points"], balance["expiring_soon"]) == (150, 50)
    assert_sound()
