"""One sale, once: by its order, and by Idempotency-Key (decisions 2 and 3, promises B1-B4)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from cards.services.issued_cards import block_card
from ledger.models import Transaction
from ledger.tests.factories import Answer, Till, assert_sound, balance_of, issued_card_of, ledger_state
from loyalty.services.audit import SYSTEM

pytestmark = pytest.mark.django_db


def same(first: Answer, second: Answer) -> bool:
    """The same bytes, but for the request's own id."""
    bodies = [{**answer.body, "request_id": None} for answer in (first, second)]
    return json.dumps(bodies[0]) == json.dumps(bodies[1]) and not first.is_replay and second.is_replay


def test_the_same_body_gets_the_first_answer() -> None:
    till = Till()
    customer = till.customer(500)
    body = {"order_id": "A", "user_id": customer.pk, "order_total": 25.5, "points_redeemed": 100}
    first = till.post(body)
    till.sale(user_id=customer.pk, order_total=10).ok()
    before = ledger_state()
    assert same(first, till.post(body))
    assert ledger_state() == before
    assert first.ok()["points_balance"] == 424


@pytest.mark.parametrize(
    "again",
    [
        {"order_total": 10.0, "order_id": "A"},
        {"order_id": "A", "order_total": 10.0, "user_id": None, "description": None, "cart_items": None},
    ],
)
def test_the_order_of_keys_and_null_members_make_no_difference(again: dict[str, Any]) -> None:
    till = Till()
    first = till.post({"order_id": "A", "order_total": 10.0})
    assert same(first, till.post(again))


@pytest.mark.parametrize("at", ["2026-03-02T10:00:00+02:00", "2026-03-02T10:00:00.123456Z", "2026-03-02T08:00:00Z"])
def test_an_instant_is_answered_alike_at_first_and_again(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))
    till = Till()
    body = {"order_id": "A", "order_total": 10, "occurred_at": at}
    first = till.post(body)
    assert same(first, till.post(body))
    assert first.data["occurred_at"].endswith("Z")


def test_a_first_sale_that_enrolled_is_replayed_like_any_other() -> None:
    till = Till(initial_bonus_points=50)
    body = {"order_id": "A", "user_email": "new@example.lt", "order_total": 10}
    first = till.post(body)
    before = ledger_state()
    assert same(first, till.post(body))
    assert ledger_state() == before


@pytest.mark.parametrize(
    "other",
    [{"order_total": 10.01}, {"points": 5}, {"user_email": "a@example.lt"}, {"description": "x"}, {"shop_id": 0}],
)
def test_the_same_order_with_another_body_is_409(other: dict[str, Any]) -> None:
    till = Till()
    till.sale("A", order_total=10).ok()
    till.customer(email="a@example.lt")
    before = ledger_state()
    answer = till.sale("A", **{"order_total": 10, **other})
    if "shop_id" in other:
        answer.refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    else:
        answer.refused(409, "RESOURCE_ALREADY_EXISTS")
    assert ledger_state() == before


def test_the_shop_is_no_part_of_the_order() -> None:
    till = Till()
    till.sale("A", order_total=10).ok()
    till.use_key(shop=till.shop)
    assert till.sale("A", order_total=10).is_replay
    till.sale("A", order_total=10, shop_id=till.shop.pk).refused(409, "RESOURCE_ALREADY_EXISTS")


def test_orders_of_two_partners_have_nothing_to_do_with_each_other() -> None:
    one, other = Till(), Till()
    first, second = one.sale("A", order_total=10), other.sale("A", order_total=10)
    assert first.ok()["id"] != second.ok()["id"]
    assert not second.is_replay


def test_a_sale_is_replayed_after_the_world_has_changed() -> None:
    till = Till()
    customer = till.customer(100)
    body = {"order_id": "A", "user_id": customer.pk, "order_total": 10, "points_redeemed": 100}
    first = till.post(body)
    block_card(
        actor=SYSTEM, partner=till.partner, issued_card=issued_card_of(customer), reason="lost", at=timezone.now()
    )
    assert same(first, till.post(body))
    type(till.card).objects.filter(pk=till.card.pk).update(points_redemption_enabled=False)
    assert same(first, till.post(body))
    till.shop.delete()
    assert same(first, till.post(body))


def test_a_refused_sale_can_be_sent_again() -> None:
    till = Till()
    customer = till.customer(100)
    body = {
        "order_id": "A",
        "user_id": customer.pk,
        "order_total": 10,
        "points_redeemed": 200,
        "headers": {"Idempotency-Key": "k"},
    }
    till.post(body).refused(400, "INSUFFICIENT_POINTS")
    till.adjust(issued_card_of(customer), 100)
    answer = till.post(body)
    assert (answer.ok()["points_redeemed"], answer.is_replay) == (200, False)


# --- Idempotency-Key


def key(value: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": value}}


def test_the_same_key_and_body_get_the_first_answer_quoted_or_bare() -> None:
    till = Till()
    first = till.sale("A", order_total=10, **key("k-1"))
    assert same(first, till.sale("A", order_total=10, **key("k-1")))
    assert same(first, till.sale("A", order_total=10, **key('"k-1"')))
    assert Transaction.objects.count() == 1


def test_the_same_key_with_another_body_is_422() -> None:
    till = Till()
    till.sale("A", order_total=10, **key("k")).ok()
    before = ledger_state()
    till.sale("B", order_total=10, **key("k")).refused(422, "IDEMPOTENCY_KEY_REUSED")
    till.sale("A", order_total=11, **key("k")).refused(422, "IDEMPOTENCY_KEY_REUSED")
    till.refund("A", **key("k")).refused(422, "IDEMPOTENCY_KEY_REUSED")
    assert ledger_state() == before


def test_another_key_for_the_same_order_is_still_the_same_sale() -> None:
    till = Till()
    first = till.sale("A", order_total=10, **key("k"))
    assert same(first, till.sale("A", order_total=10, **key("l")))
    assert same(first, till.sale("A", order_total=10))
    till.sale("A", order_total=11, **key("m")).refused(409, "RESOURCE_ALREADY_EXISTS")


def test_a_key_belongs_to_its_credential() -> None:
    till = Till()
    till.sale("A", order_total=10, **key("k")).ok()
    till.use_key()
    answer = till.sale("B", order_total=10, **key("k"))
    assert (answer.ok()["order_id"], answer.is_replay) == ("B", False)


@pytest.mark.parametrize("bad", ["x" * 256, '"', '"open', "two words", "ą", "", '"a"b'])
def test_a_key_that_is_none_is_400(bad: str) -> None:
    till = Till()
    before = ledger_state()
    till.sale("A", order_total=10, **key(bad)).refused(400, "INVALID_IDEMPOTENCY_KEY")
    assert ledger_state() == before


def test_the_longest_key_is_kept_whole() -> None:
    till = Till()
    first = till.sale("A", order_total=10, **key("x" * 255))
    assert same(first, till.sale("A", order_total=10, **key("x" * 255)))


def test_a_replay_costs_no_points() -> None:
    till = Till()
    customer = till.customer()
    for _ in range(5):
        till.sale("A", user_id=customer.pk, order_total=10).ok()
    assert balance_of(customer) == (10, 0)
    assert_sound()
