"""What tills read back: cards, balances, transactions, shops, each at a constant number of queries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.tests.factories import CustomerFactory
from ledger.services.expiry import expire_partner_points
from ledger.tests.factories import Answer, Till, issued_card_of
from loyalty.services.audit import SYSTEM
from partners.tests.factories import CategoryFactory, ShopFactory

pytestmark = pytest.mark.django_db


def count_queries(till: Till, path: str, **query: Any) -> tuple[int, int]:
    """Rows answered and statements used: the fewest of three calls, as a slow one finds its key forgotten again."""
    costs = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            rows = till.get(path, per_page=50, **query).ok()
        costs.append(len(captured))
    return len(rows), min(costs)


def populate(till: Till, customer: Any, number: int) -> None:
    for _ in range(number):
        shop = ShopFactory(partner=till.partner)
        card = CardFactory(partner=till.partner, initial_bonus_points=1)
        issue_card(actor=SYSTEM, partner=till.partner, card=card, customer=customer, at=timezone.now())
        buyer = till.customer()
        till.sale(user_id=buyer.pk, order_total=5, shop_id=shop.pk).ok()


@pytest.mark.parametrize("what", ["programmes", "issued", "transactions", "bonuses", "shops"])
def test_a_list_costs_the_same_for_two_rows_and_for_twenty(what: str) -> None:
    till = Till(auto_assign=True)
    customer = CustomerFactory(partner=till.partner)
    path, query = {
        "programmes": ("loyalty-cards", {}),
        "issued": ("loyalty-cards", {"user_id": customer.pk}),
        "transactions": ("transactions", {}),
        "bonuses": ("transactions", {"type": "bonus"}),
        "shops": ("shops", {}),
    }[what]
    populate(till, customer, 2)
    few, cost = count_queries(till, path, **query)
    populate(till, customer, 18)
    many, later = count_queries(till, path, **query)
    assert few in {2, 3}
    assert many == few + 18
    assert later == cost


# --- balances


def test_a_balance_is_answered_under_every_name_clients_read() -> None:
    till = Till(points_expiration_days=20)
    customer = till.customer()
    issued = issued_card_of(customer)
    then = timezone.now() - timedelta(days=10)
    till.sale(user_id=customer.pk, order_total=300, occurred_at=then.isoformat()).ok()
    till.sale(user_id=customer.pk, order_total=10, points=0, points_redeemed=100).ok()
    for name, value in (
        ("user_id", customer.pk),
        ("card_id", issued.pk),
        ("card_number", issued.number),
        ("user_email", customer.email),
    ):
        data = till.get("loyalty-cards/balance", **{name: value}).ok()
        assert data == {
            "card_id": issued.pk,
            "card_number": issued.number,
            "points": 200,
            "current_points": 200,
            "total_points": 200,
            "points_balance": 200,
            "available_points": 200,
            "points_debt": 0,
            "total_earned": 300,
            "total_redeemed": 100,
            "expiring_soon": 200,
            "expired_points": 0,
            "next_expiry_at": (then + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "transactions_count": 2,
        }


def test_points_that_are_over_do_not_count_whether_posted_or_not() -> None:
    till = Till(points_expiration_days=20)
    customer = till.customer()
    then = timezone.now() - timedelta(days=19, hours=23)
    till.sale(user_id=customer.pk, order_total=300, occurred_at=then.isoformat()).ok()
    later = timezone.now() + timedelta(hours=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: later)
        unposted = till.get("loyalty-cards/balance", user_id=customer.pk).ok()
        assert expire_partner_points(partner=till.partner, at=later) == 1
        assert till.get("loyalty-cards/balance", user_id=customer.pk).ok() == unposted
        assert till.get("loyalty-cards/info", user_id=customer.pk).ok()["points"] == 0
    assert (unposted["points"], unposted["expired_points"], unposted["next_expiry_at"]) == (0, 300, None)


def test_an_unknown_card_is_404_and_none_at_all_422() -> None:
    till, other = Till(), Till()
    foreign = issued_card_of(other.customer())
    for path in ("loyalty-cards/balance", "loyalty-cards/info"):
        till.get(path).refused(422, "VALIDATION_ERROR")
        till.get(path, card_id="x").refused(422, "VALIDATION_ERROR", "card_id")
        for query in (
            {"card_id": foreign.pk},
            {"card_number": foreign.number},
            {"user_id": foreign.customer_id},
            {"card_id": 2**65},
        ):
            assert till.get(path, **query).refused(404, "RESOURCE_NOT_FOUND").body["error_number"] == 1200
    for pk in (foreign.pk, foreign.card_id):
        assert till.get(f"loyalty-cards/{pk}").refused(404, "RESOURCE_NOT_FOUND").body["error_number"] == 1200
    assert till.get("loyalty-cards", user_id=foreign.customer_id).ok() == []


def test_one_address_serves_programme_and_issued_card() -> None:
    till = Till()
    issued = issued_card_of(till.customer(50))
    assert till.get(f"loyalty-cards/{till.card.pk}").ok()["points_per_euro"] == 1.0
    assert till.get(f"loyalty-cards/{issued.pk}").ok()["points_balance"] == 50
    rows = till.get("loyalty-cards", card_number=issued.number).ok()
    assert [(row["id"], row["points"], row["status"]) for row in rows] == [(issued.pk, 50, "active")]


# --- transactions


def listed(answer: Answer) -> list[str]:
    return [row["reference_number"] for row in answer.ok()]


def test_transactions_are_filtered_by_all_that_the_contract_names() -> None:
    till = Till()
    one, other = till.customer(), till.customer()
    CategoryFactory(partner=till.partner, key="food")
    wine = CategoryFactory(partner=till.partner, key="wine")
    till.sale("A", user_id=one.pk, order_total=10, shop_id=till.shop.pk).ok()
    till.sale("B", user_id=other.pk, order_total=20, cart_items=[{"category": "Wine", "price": 20}]).ok()
    till.refund("B", order_total=5).ok()
    till.sale("C", order_total=30).ok()
    issued = issued_card_of(one)
    assert listed(till.get("transactions")) == ["C", "B", "B", "A"]
    assert listed(till.get("transactions", user_id=one.pk)) == ["A"]
    assert listed(till.get("transactions", user_email=one.email.upper())) == ["A"]
    assert listed(till.get("transactions", card_id=issued.pk)) == ["A"]
    assert listed(till.get("transactions", loyalty_card_id=issued.pk)) == ["A"]
    assert listed(till.get("transactions", shop_id=till.shop.pk)) == ["A"]
    assert listed(till.get("transactions", reference_number="B")) == ["B", "B"]
    assert listed(till.get("transactions", category_id=wine.pk)) == ["B"]
    assert listed(till.get("transactions", type="earn", user_id=other.pk)) == ["B"]
    refund = till.get("transactions", type="refund").ok()[0]
    assert (refund["points"], refund["amount"], refund["type"]) == (-5, 5.0, "refund")
    assert refund["metadata"]["points_deducted"] == 5
    till.get("transactions", type="bogus").refused(422, "VALIDATION_ERROR", "type")
    till.get("transactions", date_from="02.03.2026").refused(422, "VALIDATION_ERROR", "date_from")
    till.get("transactions", shop_id=ShopFactory().pk).refused(404, "RESOURCE_NOT_FOUND")


def test_days_are_those_of_the_partner_for_sales_and_bonuses(monkeypatch: pytest.MonkeyPatch) -> None:
    # Half past midnight in Vilnius is still yesterday in UTC.
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 7, 9, 21, 30, tzinfo=UTC))
    till = Till(initial_bonus_points=50)
    till.sale("A", user_email="a@example.lt", order_total=10).ok()
    for kind, found in (("purchase", 1), ("bonus", 1)):
        assert len(till.get("transactions", type=kind, date_from="2026-07-10").ok()) == found
        assert len(till.get("transactions", type=kind, date_to="2026-07-09").ok()) == 0


def test_bonuses_answer_no_filter_that_they_cannot_fit() -> None:
    till = Till(initial_bonus_points=50)
    till.sale("A", user_email="a@example.lt", order_total=10).ok()
    assert len(till.get("transactions", type="bonus").ok()) == 1
    assert till.get("transactions", type="bonus", reference_number="A").ok() == []
    assert till.get("transactions", type="bonus", staff_id=5).ok() == []
    assert till.get("transactions", type="bonus", category_id=5).ok() == []


def test_a_key_of_one_shop_sees_that_shop_only() -> None:
    till = Till(initial_bonus_points=50)
    till.sale("A", order_total=10, shop_id=till.shop.pk).ok()
    other = ShopFactory(partner=till.partner)
    till.sale("B", order_total=10, shop_id=other.pk).ok()
    till.sale("C", order_total=10, user_email="c@example.lt").ok()
    till.use_key(shop=till.shop)
    assert listed(till.get("transactions")) == ["A"]
    till.get("transactions", shop_id=other.pk).refused(403, "STORE_ACCESS_DENIED")
    assert till.get("transactions", type="bonus").ok() == []
    assert [row["id"] for row in till.get("shops").ok()] == [till.shop.pk]


def test_pages_do_not_overlap_and_say_how_many_there_are() -> None:
    till = Till()
    for number in range(5):
        till.sale(f"P{number}", order_total=1).ok()
    pages = [till.get("transactions", page=page, per_page=2) for page in (1, 2, 3, 4)]
    assert [listed(page) for page in pages] == [["P4", "P3"], ["P2", "P1"], ["P0"], []]
    assert pages[0].body["meta"] == {"current_page": 1, "last_page": 3, "per_page": 2, "total": 5, "from": 1, "to": 2}
    till.get("transactions", page=0).refused(422, "VALIDATION_ERROR", "page")
    assert till.get("transactions", per_page=1000).body["meta"]["per_page"] == 100
    assert IssuedCard.objects.count() == 0
