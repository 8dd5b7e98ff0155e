"""The short way of a card's last stamp does what the long way does, row by row."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from games.choices import CouponValidity
from games.events import CouponIssued, GameCompleted
from games.models import Coupon, Game, StampEvent
from games.services import short_ways, stamps
from games.tests.tills import GameTill
from loyalty import events

pytestmark = pytest.mark.django_db

COFFEE = {"reward_type": "free_product", "reward_product_name": "Coffee"}
TENTH = {"reward_type": "percentage", "reward_product_name": "", "reward_value": 10, "minimum_purchase": 5}
FIVE = {"reward_type": "fixed", "reward_product_name": "", "reward_value": 5, "maximum_discount": 4}
# What two tills never share.
OWN = {"id", "code", "qr_value", "customer", "issued_card", "game", "partner", "coupon", "issued_at", "started_at"}


def shared(row: Any) -> dict[str, Any]:
    return {name: value for name, value in model_to_dict(row).items() if name not in OWN}


def rows(till: GameTill) -> dict[str, Any]:
    """What the last stamp leaves behind."""
    (coupon,) = till.coupons
    progress = till.progress
    assert progress.coupon_id == coupon.pk
    assert progress.completed_at == coupon.issued_at == progress.updated_at
    assert (coupon.customer_id, coupon.issued_card_id, coupon.game_id) == (till.buyer.pk, till.held.pk, till.game.pk)
    left = None if coupon.expires_at is None else coupon.expires_at - coupon.issued_at
    found = {"coupon": {**shared(coupon), "expires_at": left}}
    found["card"] = {**shared(progress), "completed_at": None, "updated_at": None}
    for event in StampEvent.objects.filter(progress=progress).order_by("pk"):
        kept = event.answer
        if kept is not None:
            (reward,) = kept["rewards"]
            assert (reward.pop("coupon_id"), reward.pop("coupon_code")) == (coupon.pk, coupon.code)
            reward["expires_at"] = reward["expires_at"] is not None
        values = {**shared(event), "answer": kept, "fingerprint": event.fingerprint is not None}
        for own in ("progress", "shop", "actor_id", "occurred_at", "recorded_at"):
            values.pop(own, None)
        found[f"{event.action} {event.step_after}"] = values
    return found


@pytest.mark.parametrize("validity", list(CouponValidity))
@pytest.mark.parametrize("reward", [COFFEE, TENTH, FIVE], ids=["coffee", "tenth", "five"])
@pytest.mark.parametrize("resets", [True, False], ids=["begins anew", "stays full"])
def test_both_ways_write_the_same_rows(
    reward: dict[str, Any], validity: str, resets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = 30 if validity == CouponValidity.DAYS else None
    game = {**reward, "coupon_validity": validity, "coupon_validity_days": days, "reset_on_complete": resets}
    short, long = (GameTill(game={**game, "stamps_required": 2, "stamp_expiration_days": 9}) for _ in range(2))
    answers = [[short.stamp(headers={}).ok(), short.stamp(note="last", headers={}).ok()]]
    monkeypatch.setattr(stamps, "add_stamps_at_once", lambda **_values: None)
    answers.append([long.stamp(headers={}).ok(), long.stamp(note="last", headers={}).ok()])
    assert rows(short) == rows(long)
    for _first, last in answers:
        for one in (last["reward_generated"], *last["rewards_generated"]):
            one.pop("coupon_id"), one.pop("coupon_code")
            one["expires_at"] = one["expires_at"] is not None
    assert answers[0] == answers[1]


def test_a_filled_card_takes_two_statements_and_its_repeat_is_told_the_same() -> None:
    till = GameTill(game={"stamps_required": 2, "reset_on_complete": False})
    till.stamp(headers={}).ok()
    with CaptureQueriesContext(
        connection,
    ) as context:
        first = till.stamp(note="last", headers={})
    calls = [query["sql"] for query in context.captured_queries if "games_" in query["sql"]]
    assert len(calls) == 2
    again = till.stamp(note="last", headers={})
    assert again.ok() == first.ok()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(till.coupons) == 1


def test_a_reward_that_changes_meanwhile_is_given_as_it_is_then(monkeypatch: pytest.MonkeyPatch) -> None:
    till = GameTill(game={"stamps_required": 2, "coupon_validity": "never"})
    till.stamp(headers={}).ok()
    real: Callable[..., Any] = short_ways.expiry_of_coupon

    def change(**values: Any) -> Any:
        Game.objects.filter(pk=till.game.pk).update(reward_product_name="Cake")
        return real(**values)

    monkeypatch.setattr(short_ways, "expiry_of_coupon", change)
    full = till.stamp(note="last", headers={}).ok()
    (coupon,) = till.coupons
    assert (coupon.reward_product_name, full["reward_generated"]["product_name"]) == ("Cake", "Cake")


def test_a_code_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    till = GameTill(game={"stamps_required": 2})
    till.stamp(2, headers={}).ok()
    taken = till.coupons[0].code
    monkeypatch.setattr(short_ways, "new_code", lambda: taken)
    till.stamp(2, note="another", headers={}).ok()
    assert [coupon.code == taken for coupon in till.coupons] == [True, False]


def test_what_is_told_to_others_is_told_once_and_only_if_it_stays() -> None:
    till = GameTill(game={"stamps_required": 2})
    heard: list[Any] = []
    events.subscribe(CouponIssued, heard.append)
    events.subscribe(GameCompleted, heard.append)
    try:
        till.stamp(2, headers={}).ok()
    finally:
        events._subscribers[CouponIssued].remove(heard.append)
        events._subscribers[GameCompleted].remove(heard.append)
    (coupon,) = Coupon.objects.filter(partner=till.partner)
    assert [type(fact) for fact in heard] == [CouponIssued, GameCompleted]
    assert {fact.coupon_id for fact in heard} == {coupon.pk}
    assert heard[0].customer_id == heard[1].customer_id == till.buyer.pk
