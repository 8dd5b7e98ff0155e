"""How many points a sale earns, over the wire (contract 7)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.models import CardShop
from ledger.models import PointsLot, Transaction, TransactionLine
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of, ledger_state
from partners.choices import EarnBasis
from partners.tests.factories import CategoryFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db
TEN = {"points_per_currency": 10, "currency_amount": 1}


def earned(order_total: Any, body: dict[str, Any] | None = None, **card: Any) -> int:
    """Points of one sale to a new customer, as answered and as held."""
    till = Till(**card)
    customer = till.customer()
    data = till.sale(user_id=customer.pk, order_total=order_total, **(body or {})).ok()
    assert data["points"] == data["points_awarded"] == data["points_balance"] == balance_of(customer)[0]
    assert_sound()
    return data["points_awarded"]


@pytest.mark.parametrize(
    ("order_total", "card", "points"),
    [
        (15.50, {**TEN, "points_per_visit": 5, "round_points_up": True}, 160),
        (49.99, {**TEN, "round_points_up": True}, 500),
        (44.99, {**TEN, "round_points_up": True}, 450),
        (49.99, TEN, 499),
        (44.99, TEN, 449),
        (0.29, {"points_per_currency": 100}, 29),
        (1.10, {"points_per_currency": 100, "round_points_up": True}, 110),
        (10, {"points_per_currency": "0.3333"}, 3),
        (9.99, {"currency_amount": 10}, 0),
        (9.99, {"currency_amount": 10, "round_points_up": True}, 1),
        (0, {}, 0),
        (0, {"points_per_visit": 5}, 5),
    ],
)
def test_a_sale_earns_by_the_rate_of_its_card(order_total: Any, card: dict[str, Any], points: int) -> None:
    assert earned(order_total, **card) == points


@pytest.mark.parametrize(
    ("order_total", "points"),
    [(1, 55), (50, 55), (60, 65), (100, 105), (1000, 105)],
)
def test_points_are_rounded_then_clamped_and_the_visit_comes_on_top(order_total: int, points: int) -> None:
    card = {"min_points_per_purchase": 50, "max_points_per_purchase": 100, "points_per_visit": 5}
    assert earned(order_total, **card) == points


def test_rounding_up_happens_before_the_upper_clamp() -> None:
    assert earned(99.01, round_points_up=True, max_points_per_purchase=100) == 100
    assert earned(100.01, round_points_up=True, max_points_per_purchase=100) == 100


def test_points_given_by_the_till_replace_the_computation_exactly() -> None:
    card = {"min_points_per_purchase": 50, "max_points_per_purchase": 100, "points_per_visit": 5}
    assert earned(10, {"points": 7}, **card) == 7
    assert earned(10, {"points": 0}, **card) == 0
    assert earned(10, {"points": 5000}, **card) == 5000


def test_points_alone_are_a_sale_without_money() -> None:
    till = Till()
    customer = till.customer()
    data = till.sale(user_id=customer.pk, points=40).ok()
    assert (data["points_awarded"], data["order_total"]) == (40, 0.0)


def test_a_card_that_earns_nothing_awards_nothing_whatever_the_till_says() -> None:
    assert earned(100, points_enabled=False, points_per_visit=5) == 0
    assert earned(100, {"points": 40}, points_enabled=False) == 0


def test_a_programme_that_does_not_run_awards_nothing() -> None:
    till = Till()
    customer = till.customer()
    type(till.card).objects.filter(pk=till.card.pk).update(is_active=False)
    data = till.sale(user_id=customer.pk, order_total=100).ok()
    assert (data["points_awarded"], data["loyalty_card_id"]) == (0, issued_card_of(customer).pk)


def test_more_points_than_a_card_can_hold_are_refused() -> None:
    till = Till(points_per_currency="99999999.9999", currency_amount="0.01")
    customer = till.customer()
    before = ledger_state()
    till.sale(user_id=customer.pk, order_total=99_999_999.99).refused(422, "VALIDATION_ERROR", "order_total")
    assert ledger_state() == before


# --- goods that earn nothing


def line(total: float, **fields: Any) -> dict[str, Any]:
    return {
        "product_id": 7,
        "product_name": "Goods",
        "quantity": 1,
        "unit_price": total,
        "total_price": total,
        **fields,
    }


def test_a_category_that_earns_nothing_is_left_out_however_the_till_spells_it() -> None:
    till = Till()
    CategoryFactory(partner=till.partner, key="alcohol", earns_points=False)
    customer = till.customer()
    cart = [line(30, category=" ALCOHOL "), line(70, category="food")]
    data = till.sale(user_id=customer.pk, order_total=100, cart_items=cart).ok()
    assert data["points_awarded"] == 70
    rows = TransactionLine.objects.filter(transaction_id=data["transaction_id"]).order_by("number")
    assert [(row.category, row.earns_points) for row in rows] == [("alcohol", False), ("food", True)]
    assert Transaction.objects.get(pk=data["transaction_id"]).category == "food"


def test_a_product_that_earns_nothing_is_left_out_itself_or_by_its_category() -> None:
    till = Till()
    tobacco = CategoryFactory(partner=till.partner, key="tobacco", earns_points=False)
    ProductFactory(partner=till.partner, external_id="7", earns_points=False)
    ProductFactory(partner=till.partner, external_id="8", category=tobacco)
    ProductFactory(external_id="9", earns_points=False)  # another partner's
    customer = till.customer()
    cart = [line(10, product_id=7), line(20, product_id="8"), line(30, product_id=9)]
    data = till.sale(user_id=customer.pk, order_total=60, cart_items=cart).ok()
    assert data["points_awarded"] == 30


def test_a_sale_of_nothing_but_excluded_goods_earns_not_even_the_visit() -> None:
    till = Till(points_per_visit=5, min_points_per_purchase=3)
    CategoryFactory(partner=till.partner, key="alcohol", earns_points=False)
    customer = till.customer()
    data = till.sale(user_id=customer.pk, order_total=30, cart_items=[line(30, category="alcohol")]).ok()
    assert data["points_awarded"] == 0


def test_excluded_goods_bear_their_share_of_a_points_discount() -> None:
    till = Till()
    CategoryFactory(partner=till.partner, key="alcohol", earns_points=False)
    customer = till.customer(1000)
    cart = [line(40, category="alcohol"), line(60)]
    # 10.00 of 100.00 are paid with points; 60 % of the other 90.00 earn.
    data = till.sale(user_id=customer.pk, order_total=100, points_redeemed=1000, cart_items=cart).ok()
    assert (data["order_total"], data["points_discount_amount"], data["points_awarded"]) == (90.0, 10.0, 54)
    assert_sound()


def test_points_are_earned_on_what_is_paid_besides_points() -> None:
    till = Till()
    customer = till.customer(500)
    data = till.sale(user_id=customer.pk, order_total=49.99, points_redeemed=500).ok()
    assert (data["order_total"], data["points_discount_amount"]) == (44.99, 5.0)
    assert (data["points_awarded"], data["points_balance"]) == (44, 44)


def test_a_partner_whose_tills_send_the_net_total_is_not_netted_twice() -> None:
    till = Till(partner={"earn_basis": EarnBasis.NET})
    customer = till.customer(500)
    data = till.sale(user_id=customer.pk, order_total=44.99, points_redeemed=500, points_discount_amount=5).ok()
    assert (data["order_total"], data["points_discount_amount"], data["points_awarded"]) == (44.99, 5.0, 44)
    assert_sound()


def test_equal_cart_lines_are_kept() -> None:
    till = Till()
    data = till.sale(order_total=20, cart_items=[line(10), line(10)]).ok()
    assert TransactionLine.objects.filter(transaction_id=data["transaction_id"]).count() == 2
    assert Transaction.objects.get(pk=data["transaction_id"]).items_count == 2


# --- where and when


def test_a_card_that_is_not_valid_at_the_shop_earns_nothing_there() -> None:
    till = Till()
    CardShop.objects.create(card=till.card, shop=ShopFactory(partner=till.partner))
    customer = till.customer()
    assert till.sale(user_id=customer.pk, order_total=10, shop_id=till.shop.pk).ok()["points_awarded"] == 0
    CardShop.objects.create(card=till.card, shop=till.shop)
    assert till.sale(user_id=customer.pk, order_total=10, shop_id=till.shop.pk).ok()["points_awarded"] == 10


@pytest.mark.parametrize("days", [None, 0])
def test_points_never_expire_without_days(days: int | None) -> None:
    till = Till(points_expiration_days=days)
    customer = till.customer()
    till.sale(user_id=customer.pk, order_total=10).ok()
    assert PointsLot.objects.get().expires_at is None


def test_points_of_a_late_report_count_from_the_day_of_the_sale() -> None:
    till = Till(points_expiration_days=30)
    customer = till.customer()
    then = timezone.now().replace(microsecond=0) - timedelta(days=10)
    data = till.sale(user_id=customer.pk, order_total=10, occurred_at=then.isoformat()).ok()
    assert (data["points_awarded"], data["points_balance"]) == (10, 10)
    lot = PointsLot.objects.get()
    assert (lot.earned_at, lot.expires_at) == (then, then + timedelta(days=30))
    assert_sound()


def test_points_of_a_very_late_report_are_earned_and_over_at_once() -> None:
    till = Till(points_expiration_days=30)
    customer = till.customer()
    then = timezone.now() - timedelta(days=31)
    data = till.sale(user_id=customer.pk, order_total=10, occurred_at=then.isoformat()).ok()
    assert (data["points_awarded"], data["points_balance"]) == (10, 0)
    assert till.get("loyalty-cards/balance", user_id=customer.pk).ok()["expired_points"] == 10
    assert_sound()


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # Vilnius is two hours ahead in winter, three in summer; the clocks change on 2026-03-29 and 2026-10-25.
        ("2026-03-28T21:59:59.999999Z", date(2026, 3, 28)),
        ("2026-03-28T22:00:00Z", date(2026, 3, 29)),
        ("2026-03-29T20:59:59Z", date(2026, 3, 29)),
        ("2026-03-29T21:00:00Z", date(2026, 3, 30)),
        ("2026-10-24T21:00:00Z", date(2026, 10, 25)),
        ("2026-10-25T21:59:59Z", date(2026, 10, 25)),
        ("2026-10-25T22:00:00Z", date(2026, 10, 26)),
        ("2026-10-25T23:30:00+02:00", date(2026, 10, 25)),
        ("2026-10-25T16:00:00-06:00", date(2026, 10, 26)),
    ],
)
def test_the_local_day_is_that_of_the_partner_across_midnight_and_clock_changes(
    instant: str, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    till = Till()
    data = till.sale(order_total=10, occurred_at=instant).ok()
    row = Transaction.objects.get(pk=data["transaction_id"])
    assert (row.local_on, row.occurred_at) == (day, datetime.fromisoformat(instant))


@pytest.mark.parametrize(
    "bad", ["now+61", "401 days", "naive", "garbage", "year 1", "year 9999", "number", "empty zone"]
)
def test_an_instant_that_cannot_be_meant_is_refused(bad: str) -> None:
    now = timezone.now()
    value = {
        "now+61": (now + timedelta(seconds=90)).isoformat(),
        "401 days": (now - timedelta(days=401)).isoformat(),
        "naive": "2026-03-02T10:00:00",
        "garbage": "yesterday",
        "year 1": "0001-01-01T00:00:00+14:00",
        "year 9999": "9999-12-31T23:59:59-14:00",
        "number": 1_767_000_000,
        "empty zone": "2026-03-02T10:00:00+99:00",
    }[bad]
    till = Till()
    before = ledger_state()
    till.sale(order_total=10, occurred_at=value).refused(422, "VALIDATION_ERROR", "occurred_at")
    assert ledger_state() == before


def test_a_clock_that_is_a_little_fast_is_taken_as_now() -> None:
    till = Till()
    data = till.sale(order_total=10, occurred_at=(timezone.now() + timedelta(seconds=30)).isoformat()).ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).occurred_at <= timezone.now()


def test_a_sale_of_exactly_400_days_ago_is_taken() -> None:
    till = Till()
    then = timezone.now() - timedelta(days=399, hours=23)
    till.sale(order_total=10, occurred_at=then.isoformat()).ok()
