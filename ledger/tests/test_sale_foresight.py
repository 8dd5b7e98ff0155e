"""What is remembered of a card programme is only a guess: whatever changes bites on the very next sale."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import Card, CardShop, IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer
from ledger.services import sale_statement
from ledger.tests.factories import Answer, Till, assert_sound, balance_of, issued_card_of
from loyalty.services.audit import SYSTEM
from partners.models import Category, Product
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget() -> None:
    sale_statement._remembered.clear()


def _counted(call: Callable[[], Answer]) -> tuple[Answer, int]:
    with CaptureQueriesContext(connection) as captured:
        answer = call()
    return answer, len(captured)


def _warm(till: Till, customer: Customer, **body: Any) -> None:
    till.sale(user_id=customer.pk, order_total=1, **body).ok()
    answer, statements = _counted(lambda: till.sale(user_id=customer.pk, order_total=1, **body))
    assert (answer.ok()["points_awarded"], statements) == (1, 1)


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({"points_per_currency": 3}, 30),
        ({"currency_amount": 4}, 2),
        ({"round_points_up": True, "currency_amount": 4}, 3),
        ({"min_points_per_purchase": 50}, 50),
        ({"max_points_per_purchase": 5}, 5),
        ({"points_per_visit": 7}, 17),
        ({"points_enabled": False}, 0),
        ({"is_active": False}, 0),
    ],
)
def test_a_changed_rule_counts_from_the_next_sale(change: dict[str, Any], points: int) -> None:
    till = Till()
    customer = till.customer()
    _warm(till, customer)
    Card.objects.filter(pk=till.card.pk).update(**change)
    assert till.sale(user_id=customer.pk, order_total=10).ok()["points_awarded"] == points
    assert_sound()


def test_after_a_change_one_statement_suffices_again() -> None:
    till = Till()
    customer = till.customer()
    _warm(till, customer)
    Card.objects.filter(pk=till.card.pk).update(points_per_currency=2)
    counts = [_counted(lambda: till.sale(user_id=customer.pk, order_total=10)) for _ in range(3)]
    assert [(answer.ok()["points_awarded"], statements) for answer, statements in counts] == [(20, 2), (20, 1), (20, 1)]


def test_a_programme_that_leaves_the_shop_earns_nothing_there_at_once() -> None:
    till = Till()
    customer = till.customer()
    _warm(till, customer, shop_id=till.shop.pk)
    CardShop.objects.create(card=till.card, shop=ShopFactory(partner=till.partner))
    assert till.sale(user_id=customer.pk, order_total=10, shop_id=till.shop.pk).ok()["points_awarded"] == 0


def test_a_card_that_is_blocked_earns_nothing_at_once() -> None:
    till = Till()
    customer = till.customer()
    _warm(till, customer)
    IssuedCard.objects.filter(customer=customer).update(status="blocked")
    assert till.sale(user_id=customer.pk, order_total=10).ok()["points_awarded"] == 0


def test_excluded_goods_earn_nothing_even_where_none_were_foreseen() -> None:
    till = Till()
    customer = till.customer()
    wine = [{"product_id": "W1", "category": "wine", "total_price": 6}, {"product_id": "B1", "total_price": 4}]
    answer, _ = _counted(lambda: till.sale(user_id=customer.pk, order_total=10, cart_items=wine))
    assert answer.ok()["points_awarded"] == 10
    Category.objects.create(partner=till.partner, key="wine", earns_points=False)
    assert till.sale(user_id=customer.pk, order_total=10, cart_items=wine).ok()["points_awarded"] == 4
    Product.objects.create(partner=till.partner, external_id="B1", name="Bread", earns_points=False)
    assert till.sale(user_id=customer.pk, order_total=10, cart_items=wine).ok()["points_awarded"] == 0


def test_holders_of_different_programmes_never_get_each_other_s_points() -> None:
    till = Till()
    double = CardFactory(partner=till.partner, points_per_currency=2, auto_assign=False)
    single, other = till.customer(), Customer.objects.create(partner=till.partner, joined_at=timezone.now())
    issue_card(actor=SYSTEM, partner=till.partner, card=double, customer=other, at=timezone.now())
    for _ in range(2):
        assert till.sale(user_id=single.pk, order_total=10).ok()["points_awarded"] == 10
        assert till.sale(user_id=other.pk, order_total=10).ok()["points_awarded"] == 20
    assert (balance_of(single), balance_of(other)) == ((20, 0), (40, 0))


def test_a_new_least_of_points_to_spend_is_not_judged_by_the_old_one() -> None:
    till = Till()
    customer = till.customer(500)
    _warm(till, customer)
    Card.objects.filter(pk=till.card.pk).update(min_points_for_redemption=10)
    spent = till.sale(user_id=customer.pk, order_total=10, points_redeemed=50).ok()
    assert (spent["points_redeemed"], spent["points_discount_amount"]) == (50, 0.5)
    Card.objects.filter(pk=till.card.pk).update(min_points_for_redemption=100)
    till.sale(user_id=customer.pk, order_total=10, points_redeemed=50).refused(
        422, "VALIDATION_ERROR", "points_redeemed"
    )


def test_points_are_worth_what_the_programme_says_now() -> None:
    till = Till()
    customer = till.customer(500)
    _warm(till, customer)
    Card.objects.filter(pk=till.card.pk).update(currency_amount_redemption=Decimal("2.00"))
    spent = till.sale(user_id=customer.pk, order_total=10, points_redeemed=100).ok()
    assert (spent["points_discount_amount"], spent["order_total"]) == (2.0, 8.0)


def test_an_anonymous_sale_takes_one_statement_and_an_unknown_shop_is_still_refused() -> None:
    till, stranger = Till(), Till()
    till.sale(order_total=10).ok()
    answer, statements = _counted(lambda: till.sale(order_total=10))
    assert (answer.ok()["loyalty_card_id"], answer.data["user_id"], statements) == (None, None, 1)
    till.sale(order_total=10, shop_id=stranger.shop.pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")


def test_another_partner_s_customer_or_card_is_not_found_however_warm_the_till_is() -> None:
    till, stranger = Till(), Till()
    customer, theirs = till.customer(), stranger.customer()
    _warm(till, customer)
    till.sale(user_id=theirs.pk, order_total=10).refused(404, "RESOURCE_NOT_FOUND", "user_id")
    card = issued_card_of(theirs)
    till.sale(loyalty_card_id=card.pk, order_total=10).refused(404, "RESOURCE_NOT_FOUND", "loyalty_card_id")
    till.sale(user_id=customer.pk, loyalty_card_id=card.pk, order_total=10).refused(404, "RESOURCE_NOT_FOUND")


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sale_statement, "REMEMBERED", 3)
    till = Till()
    customer = till.customer()
    for _ in range(5):
        shop = ShopFactory(partner=till.partner)
        till.sale(user_id=customer.pk, order_total=1, shop_id=shop.pk).ok()
    assert len(sale_statement._remembered) == 2
