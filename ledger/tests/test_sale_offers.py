"""Points multipliers and cashback: applied when a sale is recorded, told apart on its row, undone exactly."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import Card
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from ledger.models import Transaction
from ledger.rules.cart import CartLine
from ledger.rules.earning import CardRules
from ledger.rules.offers import CASHBACK, MULTIPLIER, Earned, SaleOffer, cashback_points, earn
from ledger.selectors.offers import list_sale_offers
from ledger.services import sale_statement
from ledger.services.receipts import attach_receipt
from ledger.tests.factories import Answer, Till, assert_sound, balance_of
from loyalty.services.audit import SYSTEM
from partners.models import Offer, OfferCategory, OfferShop, ProductCategory
from partners.tests.callers import staff_caller
from partners.tests.factories import CategoryFactory, OfferFactory, ProductFactory, ShopFactory

NOON = datetime.fromisoformat("2026-11-20T12:00:00Z")
RULES = CardRules(points_redemption_enabled=True)
THREE_FOR_TWO = {"points_per_currency_redemption": Decimal(3), "currency_amount_redemption": Decimal(2)}


@pytest.fixture(autouse=True)
def _forget() -> None:
    sale_statement._remembered.clear()


def counted(call: Callable[[], Answer]) -> tuple[int, int]:
    """Points awarded, and how many statements that took."""
    with CaptureQueriesContext(connection) as captured:
        answer = call()
    return answer.ok()["points_awarded"], len(captured)


def twice(till: Till, **fields: Any) -> Offer:
    return OfferFactory(partner=till.partner, kind="points_multiplier", **fields)


def back(till: Till, **fields: Any) -> Offer:
    return OfferFactory(partner=till.partner, kind="cashback", **fields)


def row_of(answer: Answer) -> Transaction:
    return Transaction.objects.get(pk=answer.ok()["transaction_id"])


def figures(row: Transaction) -> tuple[int, int | None, int, int | None, int]:
    return (
        row.points_awarded,
        row.bonus_offer_id,
        row.bonus_points,
        row.cashback_offer_id,
        row.cashback_points,
    )


# --- the arithmetic


def offer(pk: int = 1, kind: str = MULTIPLIER, figure: str = "2", **fields: Any) -> SaleOffer:
    return SaleOffer(pk, kind, Decimal(figure), **fields)


def earned(
    *offers: SaleOffer, total: str = "10.00", rules: CardRules = RULES, lines: tuple[CartLine, ...] = ()
) -> Earned:
    return earn(rules, offers, lines=lines, order_total=Decimal(total), net_total=Decimal(total))


@pytest.mark.parametrize(
    ("total", "figure", "rules", "points", "bonus"),
    [
        ("10.00", "2", {}, 20, 10),
        ("0.50", "2", {}, 1, 1),  # 0.5 points alone are none, twice they are one
        ("10.00", "1.5", {}, 15, 5),
        ("9.99", "1.01", {}, 10, 1),  # 10.0899, not 9 x 1.01
        ("0.10", "3", {"points_per_currency": Decimal(10)}, 3, 2),
        ("10.00", "2", {"points_per_visit": 5}, 25, 10),  # the visit is not multiplied
        ("10.00", "3", {"max_points_per_purchase": 25}, 25, 15),  # the most stays the most
        ("10.00", "3", {"max_points_per_purchase": 10}, 10, 0),
        ("10.00", "2", {"min_points_per_purchase": 15}, 20, 5),
        ("10.05", "2", {"round_points_up": True}, 21, 10),
        ("10.00", "2", {"points_enabled": False}, 0, 0),
        ("0.00", "2", {}, 0, 0),
    ],
)
def test_a_multiplier_works_on_exact_points_before_they_are_rounded_and_clamped(
    total: str, figure: str, rules: dict[str, Any], points: int, bonus: int
) -> None:
    found = earned(offer(figure=figure), total=total, rules=CardRules(**rules))
    assert (found.points, found.bonus) == (points, bonus)
    assert found.bonus_offer_id == (1 if bonus else None)


def test_of_several_multipliers_the_best_counts_unless_one_goes_first() -> None:
    two, three, same = offer(1, figure="2"), offer(2, figure="3"), offer(3, figure="3")
    assert earned(two, three, same) == Earned(30, 2, 20)
    assert earned(same, three, two) == Earned(30, 2, 20)
    assert earned(offer(1, figure="2", priority=1), three) == Earned(20, 1, 10)
    # One that gives nothing here does not stand in the way.
    assert earned(offer(1, figure="9", priority=9, minimum_purchase=Decimal("10.01")), three) == Earned(30, 2, 20)
    assert earned(offer(1, priority=9, products=frozenset({"7"})), three) == Earned(30, 2, 20)


def test_a_minimum_purchase_is_reached_to_the_cent() -> None:
    least = offer(minimum_purchase=Decimal("10.00"))
    assert earned(least, total="10.00").points == 20
    assert earned(least, total="9.99").points == 9


def test_an_offer_for_some_goods_counts_their_share() -> None:
    lines = (
        CartLine(Decimal("6.00"), category="cake"),
        CartLine(Decimal("4.00"), product_id="7"),
        CartLine(Decimal("90.00"), category="books"),
    )
    cakes, seven = offer(categories=frozenset({"cake"})), offer(products=frozenset({"7"}))
    assert earned(cakes, total="100.00", lines=lines) == Earned(106, 1, 6)
    assert earned(seven, total="100.00", lines=lines) == Earned(104, 1, 4)
    both = offer(categories=frozenset({"cake"}), products=frozenset({"7"}))
    assert earned(both, total="100.00", lines=lines) == Earned(110, 1, 10)
    assert earned(cakes, total="100.00") == Earned(100)
    # Half of the cart is paid with points: half of the cakes earn.
    found = earn(RULES, (cakes,), lines=lines, order_total=Decimal(100), net_total=Decimal(50))
    assert found == Earned(53, 1, 3)


def test_goods_that_earn_nothing_are_not_multiplied() -> None:
    lines = (
        CartLine(Decimal(30), category="wine", earns_points=False),
        CartLine(Decimal(10), category="wine"),
    )
    assert earned(offer(categories=frozenset({"wine"})), total="40", lines=lines) == Earned(20, 1, 10)
    assert earned(offer(), total="40", lines=lines) == Earned(20, 1, 10)
    assert earned(offer(), total="30", lines=lines[:1]) == Earned(0)


@pytest.mark.parametrize(
    ("price", "percent", "rules", "maximum", "points"),
    [
        ("10.00", "5", {}, None, 50),  # 0.50 at 100 points for 1.00
        ("9.99", "5", {}, None, 50),  # 0.4995 is 0.50
        ("9.89", "5", {}, None, 49),
        ("0.09", "5", {}, None, 0),
        ("100.00", "10", {}, "5.00", 500),
        (
            "10.00",
            "5",
            {"points_per_currency_redemption": Decimal(3), "currency_amount_redemption": Decimal(2)},
            None,
            0,
        ),
        (
            "50.00",
            "5",
            {"points_per_currency_redemption": Decimal(3), "currency_amount_redemption": Decimal(2)},
            None,
            3,
        ),
        ("10.00", "100", {"points_per_currency_redemption": Decimal(10)}, None, 100),
        ("10.00", "5", {"points_redemption_enabled": False}, None, 0),
    ],
)
def test_cashback_is_a_share_of_the_price_in_points_of_that_worth(
    price: str, percent: str, rules: dict[str, Any], maximum: str | None, points: int
) -> None:
    card = CardRules(**{"points_redemption_enabled": True, **rules})
    one = offer(kind=CASHBACK, figure=percent, maximum=None if maximum is None else Decimal(maximum))
    assert cashback_points(card, one, Decimal(price)) == points
    # What it gives is never worth more than it promises.
    assert card.discount_for(points) <= (Decimal(price) * Decimal(percent) / 100).quantize(
        Decimal("0.01"), "ROUND_HALF_UP"
    )


def test_a_multiplier_and_a_cashback_add_up_and_are_told_apart() -> None:
    found = earned(offer(1), offer(2, CASHBACK, "5"), offer(3, CASHBACK, "4"))
    assert found == Earned(70, 1, 10, 2, 50)


# --- at the till


pytestmark = pytest.mark.django_db


def test_a_sale_gets_what_applies_and_its_row_says_which() -> None:
    till = Till()
    customer = till.customer()
    double, cash = twice(till), back(till, discount_value=5)
    answer = till.sale(user_id=customer.pk, order_total=10)
    assert figures(row_of(answer)) == (70, double.pk, 10, cash.pk, 50)
    data = answer.data
    assert (data["points_awarded"], data["bonus_points"], data["cashback_points"]) == (70, 10, 50)
    assert data["points_balance"] == balance_of(customer)[0] == 70
    assert_sound()


def test_a_replay_answers_what_was_answered_though_the_offer_is_over() -> None:
    till = Till()
    customer = till.customer()
    double = twice(till)
    first = till.sale("A", user_id=customer.pk, order_total=10)
    Offer.objects.filter(pk=double.pk).update(is_active=False)
    again = till.sale("A", user_id=customer.pk, order_total=10)
    assert again.is_replay
    assert again.ok() == first.ok()
    assert balance_of(customer) == (20, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"is_active": False},
        {"deleted_at": NOON},
        {"valid_from": timezone.now() + timedelta(hours=1)},
        {"valid_until": timezone.now() - timedelta(hours=1)},
        {"minimum_purchase": "10.01"},
    ],
)
def test_an_offer_that_is_not_on_adds_nothing(fields: dict[str, Any]) -> None:
    till = Till()
    customer = till.customer()
    twice(till, **fields)
    assert figures(row_of(till.sale(user_id=customer.pk, order_total=10))) == (10, None, 0, None, 0)


def test_another_partner_s_and_another_shop_s_offer_add_nothing() -> None:
    till, stranger = Till(), Till()
    customer = till.customer()
    twice(stranger)
    elsewhere = twice(till)
    OfferShop.objects.create(offer=elsewhere, shop=ShopFactory(partner=till.partner))
    sale = {"user_id": customer.pk, "order_total": 10}
    assert till.sale(**sale, shop_id=till.shop.pk).ok()["points_awarded"] == 10
    assert till.sale(**sale).ok()["points_awarded"] == 10
    OfferShop.objects.create(offer=elsewhere, shop=till.shop)
    assert till.sale(**sale, shop_id=till.shop.pk).ok()["points_awarded"] == 20
    assert till.sale(**sale).ok()["points_awarded"] == 10


def test_an_offer_for_some_programmes_counts_on_their_cards_only() -> None:
    till = Till()
    plain, golden = till.customer(), CustomerFactory(partner=till.partner)
    gold = CardFactory(partner=till.partner)
    issue_card(actor=SYSTEM, partner=till.partner, card=gold, customer=golden, at=timezone.now())
    double = twice(till, card_ids=[gold.pk])
    for _ in range(3):
        assert figures(row_of(till.sale(user_id=plain.pk, order_total=10))) == (10, None, 0, None, 0)
        assert figures(row_of(till.sale(user_id=golden.pk, order_total=10))) == (20, double.pk, 10, None, 0)
    assert [one.id for one in list_sale_offers(partner=till.partner, card_id=gold.pk)] == [double.pk]
    assert list_sale_offers(partner=till.partner, card_id=till.card.pk) == ()
    # Who holds both is asked which card it is; the programme's own rules stay.
    both = issue_card(actor=SYSTEM, partner=till.partner, card=gold, customer=plain, at=timezone.now())
    assert figures(row_of(till.sale(card_number=both.number, order_total=10)))[:2] == (20, double.pk)
    assert_sound()


def test_it_is_the_time_of_the_sale_that_counts() -> None:
    till = Till()
    customer = till.customer()
    now = timezone.now().replace(microsecond=0)
    starts, ends = now - timedelta(days=2), now - timedelta(days=1)
    twice(till, valid_from=starts, valid_until=ends)
    moments = (starts - timedelta(seconds=1), starts, ends - timedelta(seconds=1), ends)
    points = [
        till.sale(user_id=customer.pk, order_total=10, occurred_at=moment.isoformat()).ok()["points_awarded"]
        for moment in moments
    ]
    assert points == [10, 20, 20, 10]
    assert_sound()


def test_a_category_means_all_below_it_however_the_cart_names_its_goods() -> None:
    till = Till()
    partner, customer = till.partner, till.customer()
    food = CategoryFactory(partner=partner, key="food")
    cake = CategoryFactory(partner=partner, key="cake", parent=food)
    ProductFactory(partner=partner, external_id="N", category=cake)
    shown = ProductFactory(partner=partner, external_id="S")
    ProductCategory.objects.create(product=shown, category=cake)
    ProductFactory(partner=partner, external_id="X")
    OfferCategory.objects.create(offer=twice(till), category=food)

    def points(**line: Any) -> int:
        cart = [{"total_price": 10, **line}]
        return till.sale(user_id=customer.pk, order_total=10, cart_items=cart).ok()["points_awarded"]

    assert (
        points(category=" CAKE ") == points(category="food") == points(product_id="N") == points(product_id="S") == 20
    )
    assert points(product_id="X") == points(category="tea") == points() == 10
    assert till.sale(user_id=customer.pk, order_total=10).ok()["points_awarded"] == 10
    assert_sound()


def test_one_product_can_be_multiplied() -> None:
    till = Till()
    customer = till.customer()
    twice(till, product=ProductFactory(partner=till.partner, external_id="7"), points_multiplier=5)
    cart = [{"product_id": 7, "total_price": 4}, {"product_id": 8, "total_price": 6}]
    assert till.sale(user_id=customer.pk, order_total=10, cart_items=cart).ok()["points_awarded"] == 26


def test_the_till_s_own_number_of_points_is_not_multiplied() -> None:
    till = Till()
    customer = till.customer()
    twice(till), back(till)
    assert figures(row_of(till.sale(user_id=customer.pk, order_total=10, points=7))) == (7, None, 0, None, 0)


def test_who_is_not_named_gets_nothing_and_the_sale_takes_one_statement_all_the_same() -> None:
    till = Till()
    twice(till)
    till.sale(order_total=10).ok()
    assert counted(lambda: till.sale(order_total=10)) == (0, 1)


def test_a_customer_s_first_sale_is_multiplied_too() -> None:
    till = Till()
    twice(till)
    assert till.sale(user_email="new@example.lt", order_total=10).ok()["points_awarded"] == 20


# --- one statement, and what is remembered


@pytest.fixture
def warm() -> tuple[Till, Customer, Callable[[], tuple[int, int]]]:
    till = Till()
    customer = till.customer()

    def sell() -> tuple[int, int]:
        return counted(lambda: till.sale(user_id=customer.pk, order_total=10, shop_id=till.shop.pk))

    sell()
    assert sell() == (10, 1)
    return till, customer, sell


Warm = tuple[Till, Customer, Callable[[], tuple[int, int]]]


def test_a_new_offer_counts_at_once_and_then_in_one_statement(warm: Warm) -> None:
    till, _customer, sell = warm
    twice(till), back(till, discount_value=5)
    assert [sell() for _ in range(3)] == [(70, 2), (70, 1), (70, 1)]


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({"points_multiplier": 3}, 30),
        ({"is_active": False}, 10),
        ({"deleted_at": NOON}, 10),
        ({"valid_until": NOON}, 10),
        ({"valid_from": timezone.now() + timedelta(days=1)}, 10),
        ({"minimum_purchase": "10.01"}, 10),
    ],
)
def test_a_changed_offer_counts_from_the_next_sale(warm: Warm, change: dict[str, Any], points: int) -> None:
    till, _customer, sell = warm
    double = twice(till)
    assert [sell(), sell()] == [(20, 2), (20, 1)]
    Offer.objects.filter(pk=double.pk).update(**change)
    assert [sell(), sell()] == [(points, 2), (points, 1)]
    assert_sound()


def test_a_programme_that_is_taken_from_an_offer_is_noticed_at_once(warm: Warm) -> None:
    till, _customer, sell = warm
    double = twice(till, card_ids=[till.card.pk])
    assert [sell(), sell()] == [(20, 2), (20, 1)]
    Offer.objects.filter(pk=double.pk).update(card_ids=[till.card.pk + 1_000])
    assert [sell(), sell()] == [(10, 2), (10, 1)]


def test_links_of_an_offer_are_noticed_too(warm: Warm) -> None:
    till, customer, sell = warm
    double = twice(till)
    assert [sell(), sell()] == [(20, 2), (20, 1)]
    link = OfferShop.objects.create(offer=double, shop=ShopFactory(partner=till.partner))
    assert [sell(), sell()] == [(10, 2), (10, 1)]
    link.delete()
    group = CategoryFactory(partner=till.partner, key="cake")
    OfferCategory.objects.create(offer=double, category=group)

    def cakes(word: str) -> tuple[int, int]:
        cart = [{"category": word, "total_price": 10}]
        return counted(lambda: till.sale(user_id=customer.pk, order_total=10, shop_id=till.shop.pk, cart_items=cart))

    # The category is a word in the cart, so nothing has to be looked up.
    assert [cakes("cake"), cakes("cake"), sell()] == [(20, 2), (20, 1), (10, 1)]
    type(group).objects.filter(pk=group.pk).update(key="torte")
    assert [cakes("cake"), cakes("cake"), cakes("torte")] == [(10, 2), (10, 1), (20, 1)]


def test_what_was_looked_up_for_one_cart_says_nothing_of_the_next(warm: Warm) -> None:
    till, customer, _sell = warm
    group = CategoryFactory(partner=till.partner, key="cake")
    for number in ("A", "B"):
        ProductFactory(partner=till.partner, external_id=number, category=group)
    OfferCategory.objects.create(offer=twice(till), category=group)

    def buy(number: str) -> tuple[int, int]:
        cart = [{"product_id": number, "total_price": 10}]
        return counted(lambda: till.sale(user_id=customer.pk, order_total=10, shop_id=till.shop.pk, cart_items=cart))

    assert [buy("A"), buy("A"), buy("B"), buy("C"), buy("C")] == [(20, 2), (20, 2), (20, 2), (10, 1), (10, 1)]


def test_shops_are_remembered_apart(warm: Warm) -> None:
    till, customer, sell = warm
    other = ShopFactory(partner=till.partner)
    OfferShop.objects.create(offer=twice(till), shop=other)
    till.sale(user_id=customer.pk, order_total=10, shop_id=other.pk).ok()
    there = counted(lambda: till.sale(user_id=customer.pk, order_total=10, shop_id=other.pk))
    assert (there, sell()) == ((20, 1), (10, 1))


# --- undone


@pytest.mark.parametrize("parts", [[100], [50, 50], [33.33, 33.33, 33.34], [0.01, 99.99], [10] * 10])
def test_a_refund_in_any_parts_takes_back_exactly_what_offers_gave(parts: list[float]) -> None:
    till = Till(points_per_currency="1.37")
    customer = till.customer()
    double, cash = twice(till, points_multiplier="1.33"), back(till, discount_value="3.7")
    bought = row_of(till.sale("A", user_id=customer.pk, order_total=100))
    assert figures(bought) == (137 + 45 + 370, double.pk, 45, cash.pk, 370)
    # The offers being over meanwhile changes nothing.
    Offer.objects.update(is_active=False)
    for number, part in enumerate(parts):
        till.refund("A", order_total=part, refund_id=f"R{number}").ok()
        assert_sound()
    rows = Transaction.objects.filter(type="refund")
    for name in ("points_awarded", "bonus_points", "cashback_points"):
        assert sum(getattr(row, name) for row in rows) == getattr(bought, name), name
    assert {(row.bonus_offer_id, row.cashback_offer_id) for row in rows} == {(double.pk, cash.pk)}
    assert balance_of(customer) == (0, 0)


def test_a_cancellation_answers_what_it_took_back_with_a_sign() -> None:
    till = Till()
    customer = till.customer()
    twice(till)
    till.sale("A", user_id=customer.pk, order_total=10).ok()
    data = till.sale("A", type="cancellation").ok()
    assert (data["points_awarded"], data["bonus_points"], data["points_balance"]) == (-20, -10, 0)


# --- told later


def test_a_forgotten_receipt_gets_the_offers_of_its_own_day() -> None:
    till = Till()
    customer = till.customer()
    now = timezone.now()
    double = twice(till, valid_from=now - timedelta(days=3), valid_until=now - timedelta(days=1))
    then = (now - timedelta(days=2)).isoformat()
    sale = row_of(till.sale(order_total=10, occurred_at=then, shop_id=till.shop.pk))
    late = row_of(till.sale(order_total=10, shop_id=till.shop.pk))
    for one in (sale, late):
        attach_receipt(
            actor=SYSTEM, partner=till.partner, transaction=one, customer=customer, at=now, reason="forgot the card"
        )
    sale.refresh_from_db(), late.refresh_from_db()
    assert figures(sale) == (20, double.pk, 10, None, 0)
    assert figures(late) == (10, None, 0, None, 0)
    assert_sound()


def test_staff_read_which_offer_gave_which_points() -> None:
    till = Till()
    customer = till.customer()
    double = twice(till, title={"en": "Happy hour", "lt": "Laiminga valanda"})
    cash = back(till, discount_value=5, title={"lt": "Pinigai atgal"})
    row = row_of(till.sale(user_id=customer.pk, order_total=10))
    owner = staff_caller(till.partner)
    data = owner.get(f"/en/partners/transactions/{row.pk}")["data"]
    assert data["points_calculation"] == (
        "10.00 EUR paid: 70 points awarded. 10 of them by the offer “Happy hour”."
        " 50 of them by the offer “Pinigai atgal”."
    )
    assert (data["bonus_offer_id"], data["bonus_points"]) == (double.pk, 10)
    assert (data["cashback_offer_id"], data["cashback_points"]) == (cash.pk, 50)
    lithuanian = owner.get(f"/lt/partners/transactions/{row.pk}")["data"]
    assert "pagal pasiūlymą „Laiminga valanda“" in lithuanian["points_calculation"]


def test_a_programme_whose_points_cannot_be_spent_gives_no_cashback() -> None:
    till = Till(points_redemption_enabled=False)
    customer = till.customer()
    back(till)
    assert figures(row_of(till.sale(user_id=customer.pk, order_total=10))) == (10, None, 0, None, 0)
    Card.objects.filter(pk=till.card.pk).update(points_redemption_enabled=True)
    assert till.sale(user_id=customer.pk, order_total=10).ok()["cashback_points"] == 100
