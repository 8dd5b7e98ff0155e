"""Undoing sales at the till: in parts, the rest, by refund_id, by cancellation (decision 2, contract 16.19)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.services.issued_cards import block_card, replace_card
from customers.models import Customer
from ledger.models import PointsEntry, PointsLot, Transaction
from ledger.tests.factories import Answer, Till, assert_sound, balance_of, issued_card_of, ledger_state
from loyalty.services.audit import SYSTEM
from partners.choices import EarnBasis
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
KEY = "Idempotency-Key"


def sold(order: str = "A", total: Any = 100, points: int = 0, **card: Any) -> tuple[Till, Customer]:
    """A till, and a customer who held `points` and has just bought order A for `total`."""
    till = Till(**card)
    customer = till.customer(points)
    till.sale(order, user_id=customer.pk, order_total=total).ok()
    return till, customer


def replays(first: Answer, second: Answer) -> bool:
    bodies = [json.dumps({**answer.body, "request_id": None}) for answer in (first, second)]
    return bodies[0] == bodies[1] and not first.is_replay and second.is_replay


def test_a_full_refund_takes_back_what_was_earned() -> None:
    till, customer = sold(points=7)
    data = till.refund("A").ok()
    assert (data["type"], data["points_awarded"], data["points"], data["order_total"]) == ("refund", -100, -100, 100.0)
    assert (data["points_balance"], data["points_debt"], data["points_redeemed"]) == (7, 0, 0)
    assert (data["user_id"], data["card_number"]) == (customer.pk, issued_card_of(customer).number)
    assert data["transaction_id"] != Transaction.objects.get(type="purchase").pk
    assert balance_of(customer) == (7, 0)
    assert till.get("loyalty-cards/balance", user_id=customer.pk).ok()["total_earned"] == 0
    assert_sound()


def test_parts_and_then_the_rest_leave_nothing() -> None:
    till, customer = sold(total=99.99, points_per_currency=10)
    assert balance_of(customer) == (999, 0)
    taken = [till.refund("A", order_total=part).ok()["points"] for part in (33.33, 33.34, 0.01)]
    rest = till.refund("A").ok()
    assert [*taken, rest["points"]] == [-333, -333, 0, -333]
    assert rest["order_total"] == 33.31
    assert balance_of(customer) == (0, 0)
    before = ledger_state()
    till.refund("A", order_total=0.02).refused(400, "REFUND_EXCEEDS_ORIGINAL", "order_total")
    assert ledger_state() == before
    assert_sound()


def test_a_part_that_is_too_large_is_refused() -> None:
    till, _customer = sold()
    till.refund("A", order_total=60).ok()
    before = ledger_state()
    answer = till.refund("A", order_total=40.01)
    answer.refused(400, "REFUND_EXCEEDS_ORIGINAL", "order_total")
    assert "40.00" in answer.body["message"]
    till.refund("A", points=41).refused(422, "VALIDATION_ERROR", "points")
    assert ledger_state() == before


def test_an_identical_body_is_a_repeat_and_another_part_is_not() -> None:
    till, customer = sold()
    first = till.refund("A", order_total=30)
    assert replays(first, till.refund("A", order_total=30))
    assert till.refund("A", order_total=20).ok()["points_balance"] == 50
    assert replays(first, till.refund("A", order_total=30))
    assert balance_of(customer) == (50, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({}, {"order_total": 100}),
        ({"order_total": 100}, {}),
        ({"description": "broken"}, {"description": "lost"}),
    ],
)
def test_a_full_refund_said_again_in_other_words_is_a_repeat(first: dict[str, Any], second: dict[str, Any]) -> None:
    till, customer = sold()
    one = till.refund("A", **first)
    before = ledger_state()
    assert replays(one, till.refund("A", **second))
    assert ledger_state() == before
    assert balance_of(customer) == (0, 0)


def test_equal_parts_are_told_apart_by_refund_id() -> None:
    till, customer = sold()
    first = till.refund("A", order_total=30, refund_id="R1")
    second = till.refund("A", order_total=30, refund_id="R2")
    assert (first.ok()["refund_id"], second.ok()["refund_id"]) == ("R1", "R2")
    assert replays(first, till.refund("A", order_total=30, refund_id="R1"))
    assert balance_of(customer) == (40, 0)
    before = ledger_state()
    till.refund("A", order_total=31, refund_id="R1").refused(409, "RESOURCE_ALREADY_EXISTS")
    till.refund("A", order_total=41, refund_id="R3").refused(400, "REFUND_EXCEEDS_ORIGINAL")
    assert ledger_state() == before
    assert_sound()


def test_a_refund_id_belongs_to_its_order() -> None:
    till, customer = sold()
    till.sale("B", user_id=customer.pk, order_total=50).ok()
    till.refund("A", refund_id="R").ok()
    assert till.refund("B", refund_id="R").ok()["order_total"] == 50.0


def test_equal_parts_are_told_apart_by_idempotency_key() -> None:
    till, customer = sold()
    first = till.refund("A", order_total=30, headers={KEY: "1"})
    second = till.refund("A", order_total=30, headers={KEY: "2"})
    assert second.ok()["transaction_id"] != first.ok()["transaction_id"]
    assert replays(first, till.refund("A", order_total=30, headers={KEY: "1"}))
    assert balance_of(customer) == (40, 0)
    before = ledger_state()
    till.refund("A", order_total=31, headers={KEY: "1"}).refused(422, "IDEMPOTENCY_KEY_REUSED")
    till.sale("B", order_total=31, headers={KEY: "1"}).refused(422, "IDEMPOTENCY_KEY_REUSED")
    till.refund("A", order_total=41, headers={KEY: "3"}).refused(400, "REFUND_EXCEEDS_ORIGINAL")
    assert ledger_state() == before


def test_a_cancellation_takes_the_rest_once_and_marks_the_purchase() -> None:
    till, customer = sold()
    till.refund("A", order_total=30).ok()
    first = till.sale("A", type="cancellation", order_total=5)
    assert (first.ok()["order_total"], first.data["points"], first.data["type"]) == (70.0, -70, "cancellation")
    assert Transaction.objects.get(type="purchase").status == "cancelled"
    assert replays(first, till.sale("A", type="cancellation"))
    assert balance_of(customer) == (0, 0)
    before = ledger_state()
    till.refund("A", order_total=1).refused(400, "REFUND_EXCEEDS_ORIGINAL")
    assert ledger_state() == before
    listed = till.get("transactions", type="cancellation").ok()
    assert [(row["type"], row["points"]) for row in listed] == [("refund", -70)]


def test_nothing_is_left_to_cancel_after_a_full_refund() -> None:
    till, _customer = sold()
    till.refund("A").ok()
    before = ledger_state()
    till.sale("A", type="cancellation").refused(400, "REFUND_EXCEEDS_ORIGINAL")
    assert ledger_state() == before


def test_an_order_that_nobody_sold_cannot_be_refunded() -> None:
    till, other = Till(), Till()
    other.sale("A", order_total=10).ok()
    before = ledger_state()
    till.refund("A").refused(404, "RESOURCE_NOT_FOUND", "order_id")
    till.sale("A", type="cancellation").refused(404, "RESOURCE_NOT_FOUND", "order_id")
    assert ledger_state() == before


def test_the_sale_is_still_the_same_after_a_refund() -> None:
    till, customer = sold()
    till.refund("A").ok()
    assert till.sale("A", user_id=customer.pk, order_total=100).is_replay
    till.sale("A", user_id=customer.pk, order_total=101).refused(409, "RESOURCE_ALREADY_EXISTS")


def test_a_refund_must_not_name_somebody_else() -> None:
    till, customer = sold()
    other = till.customer(email="b@example.lt")
    cards = issued_card_of(customer), issued_card_of(other)
    before = ledger_state()
    till.refund("A", user_id=other.pk).refused(422, "VALIDATION_ERROR", "user_id")
    till.refund("A", user_email=other.email).refused(422, "VALIDATION_ERROR", "user_email")
    till.refund("A", loyalty_card_id=cards[1].pk).refused(422, "VALIDATION_ERROR", "loyalty_card_id")
    till.refund("A", card_number=cards[1].number).refused(422, "VALIDATION_ERROR", "card_number")
    till.refund("A", card_number=str(cards[1].qr_value)).refused(422, "VALIDATION_ERROR", "card_number")
    till.refund("A", currency="USD").refused(422, "VALIDATION_ERROR", "currency")
    assert ledger_state() == before
    names = {
        "user_id": customer.pk,
        "user_email": customer.email.upper(),
        "card_number": cards[0].number.replace("-", " "),
    }
    till.refund("A", order_total=1, **names).ok()
    till.refund("A", order_total=2, card_number=str(cards[0].qr_value), loyalty_card_id=cards[0].pk).ok()


def test_a_refund_works_with_the_number_that_was_valid_when_it_was_sold() -> None:
    till, customer = sold()
    old = issued_card_of(customer)
    replace_card(actor=SYSTEM, partner=till.partner, issued_card=old, reason="lost", at=timezone.now())
    till.refund("A", order_total=10, card_number=old.number).ok()
    block_card(actor=SYSTEM, partner=till.partner, issued_card=old, reason="lost", at=timezone.now())
    till.refund("A", order_total=20, card_number=old.number).ok()
    assert balance_of(customer) == (70, 0)


def test_shops_of_a_refund_are_checked_like_those_of_a_sale() -> None:
    till, _customer = sold()
    own, foreign = ShopFactory(partner=till.partner), ShopFactory()
    till.use_key(shop=till.shop)
    before = ledger_state()
    till.refund("A", shop_id=foreign.pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    till.refund("A", shop_id=own.pk).refused(403, "STORE_ACCESS_DENIED", "shop_id")
    assert ledger_state() == before
    data = till.refund("A").ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).shop_id == till.shop.pk


def test_without_a_shop_the_refund_is_the_sellers() -> None:
    till = Till()
    till.sale("A", order_total=10, shop_id=till.shop.pk).ok()
    data = till.refund("A").ok()
    assert Transaction.objects.get(pk=data["transaction_id"]).shop_id == till.shop.pk


# --- points that are gone


def test_points_taken_back_after_they_were_spent_are_a_debt_that_earning_pays_first() -> None:
    till, customer = sold(total=100)
    till.sale("B", user_id=customer.pk, order_total=100, points_redeemed=100, points=0).ok()
    data = till.refund("A").ok()
    assert (data["points"], data["points_balance"], data["points_debt"]) == (-100, 0, 100)
    assert balance_of(customer) == (0, 100)
    data = till.sale(user_id=customer.pk, order_total=60).ok()
    assert (data["points_awarded"], data["points_balance"], data["points_debt"]) == (60, 0, 40)
    data = till.sale(user_id=customer.pk, order_total=60).ok()
    assert (data["points_awarded"], data["points_balance"], data["points_debt"]) == (60, 20, 0)
    assert till.get("loyalty-cards/balance", user_id=customer.pk).ok()["points"] == 20
    assert_sound()


def test_who_owes_points_cannot_spend_any() -> None:
    till, customer = sold(total=100)
    till.sale("B", user_id=customer.pk, order_total=100, points_redeemed=100, points=0).ok()
    till.refund("A").ok()
    before = ledger_state()
    till.sale(user_id=customer.pk, order_total=100, points_redeemed=100).refused(400, "INSUFFICIENT_POINTS")
    assert ledger_state() == before


def test_the_points_of_the_refunded_sale_go_first() -> None:
    till = Till()
    customer = till.customer()
    now = timezone.now()
    for order, days in (("OLD", 20), ("NEW", 10)):
        at = (now - timedelta(days=days)).isoformat()
        till.sale(order, user_id=customer.pk, order_total=100, occurred_at=at).ok()
    till.refund("NEW", order_total=60).ok()
    lots = PointsLot.objects.order_by("earned_at")
    assert [lot.remaining for lot in lots] == [100, 40]
    assert_sound()


def test_points_that_expired_meanwhile_are_taken_from_others_or_owed() -> None:
    till = Till(points_expiration_days=30)
    customer = till.customer()
    at = (timezone.now() - timedelta(days=31)).isoformat()
    till.sale("A", user_id=customer.pk, order_total=100, occurred_at=at).ok()
    till.sale("B", user_id=customer.pk, order_total=40).ok()
    data = till.refund("A").ok()
    assert (data["points_balance"], data["points_debt"]) == (0, 60)
    assert_sound()


# --- points that were paid with


def test_redeemed_points_come_back_in_proportion() -> None:
    till = Till()
    customer = till.customer(1000)
    till.sale("A", user_id=customer.pk, order_total=100, points_redeemed=1000).ok()
    assert balance_of(customer) == (90, 0)
    part = till.refund("A", order_total=25).ok()
    # A quarter: 250 points are given back, 22.5 of 90 taken; 2.50 of the 25.00 had been paid with points.
    assert (part["points_redeemed"], part["points"]) == (-250, -23)
    assert (part["points_discount_amount"], part["order_total"], part["points_balance"]) == (2.5, 22.5, 317)
    rest = till.refund("A").ok()
    assert (rest["points_redeemed"], rest["points"], rest["order_total"]) == (-750, -67, 67.5)
    assert balance_of(customer) == (1000, 0)
    kinds = list(PointsEntry.objects.order_by("pk").values_list("kind", "points"))
    assert kinds[-4:] == [("give_back", 250), ("take_back", -23), ("give_back", 750), ("take_back", -67)]
    assert till.get("loyalty-cards/balance", user_id=customer.pk).ok()["total_redeemed"] == 0
    assert_sound()


def test_points_given_back_live_as_long_as_points_earned_that_day() -> None:
    till = Till(points_expiration_days=100)
    customer = till.customer(1000)
    till.sale("A", user_id=customer.pk, order_total=10, points_redeemed=1000, points=0).ok()
    then = timezone.now().replace(microsecond=0) - timedelta(days=40)
    till.refund("A", occurred_at=then.isoformat()).ok()
    lot = PointsLot.objects.get(remaining=1000)
    assert (lot.earned_at, lot.expires_at) == (then, then + timedelta(days=100))
    assert_sound()


def test_a_sale_paid_with_points_alone_is_undone_whole() -> None:
    till = Till()
    customer = till.customer(1000)
    till.sale("A", user_id=customer.pk, order_total=10, points_redeemed=1000).ok()
    data = till.refund("A").ok()
    assert (data["order_total"], data["points_discount_amount"], data["points_balance"]) == (0.0, 10.0, 1000)
    assert_sound()


def test_refunds_of_a_net_partner_are_net() -> None:
    till = Till(partner={"earn_basis": EarnBasis.NET})
    customer = till.customer(1000)
    till.sale("A", user_id=customer.pk, order_total=90, points_redeemed=1000).ok()
    assert till.refund("A", order_total=45).ok()["order_total"] == 45.0
    rest = till.refund("A").ok()
    assert (rest["order_total"], rest["points_discount_amount"], rest["points_balance"]) == (45.0, 5.0, 1000)
    assert_sound()


def test_points_named_by_the_till_are_taken_exactly() -> None:
    till, customer = sold()
    assert till.refund("A", order_total=50, points=10).ok()["points"] == -10
    assert till.refund("A").ok()["points"] == -90
    assert balance_of(customer) == (0, 0)
    assert_sound()


# --- other sales


def test_a_refund_of_a_sale_to_nobody_moves_no_points() -> None:
    till = Till()
    till.sale("A", order_total=10).ok()
    data = till.refund("A", order_total=4).ok()
    assert (data["points"], data["order_total"], data["user_id"], data["points_balance"]) == (0, 4.0, None, 0)
    assert till.refund("A").ok()["order_total"] == 6.0
    before = ledger_state()
    till.refund("A", order_total=1).refused(400, "REFUND_EXCEEDS_ORIGINAL")
    till.refund("A", points=1).refused(400, "REFUND_EXCEEDS_ORIGINAL")
    assert ledger_state() == before
    assert not PointsEntry.objects.exists()


def test_a_sale_of_points_alone_is_undone() -> None:
    till = Till()
    customer = till.customer()
    till.sale("A", user_id=customer.pk, points=40).ok()
    assert till.refund("A").ok()["points"] == -40
    assert balance_of(customer) == (0, 0)
    assert_sound()


def test_a_refund_of_nothing_is_refused() -> None:
    till, _customer = sold()
    before = ledger_state()
    till.refund("A", order_total=0).refused(422, "VALIDATION_ERROR", "order_total")
    assert ledger_state() == before
    assert till.refund("A", order_total=0, points=5).ok()["points"] == -5


def test_a_refund_may_carry_what_a_sale_carries() -> None:
    till, _customer = sold()
    meta = {"reason": "broken", "price": 1.5}
    data = till.refund(
        "A", order_total=1, meta_data=meta, description="Sudužo", cart_items=[{"price": 1}], unknown=1
    ).ok()
    row = Transaction.objects.get(pk=data["transaction_id"])
    assert (row.meta_data, row.description, row.items_count) == (meta, "Sudužo", 0)


def test_a_refund_belongs_to_the_local_day_on_which_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    till, _customer = sold()
    data = till.refund("A", order_total=1, occurred_at="2026-10-25T22:30:00+00:00").ok()
    row = Transaction.objects.get(pk=data["transaction_id"])
    assert str(row.local_on) == "2026-10-26"
