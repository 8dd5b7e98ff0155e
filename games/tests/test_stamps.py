"""Stamps at the till: what fills a card, what it is worth, and what is refused (contract 6)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import IssuedCard
from games.api.shop.stamps import StampViewSet
from games.models import Coupon, Game, GameShop, StampEvent, StampProgress
from games.tests.factories import CouponFactory, GameFactory
from games.tests.tills import GameTill
from ledger.tests.factories import assert_sound, balance_of
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


def key() -> dict[str, str]:
    """A call that is meant, however like the last one it is."""
    return {"Idempotency-Key": uuid.uuid4().hex}


def test_stamps_add_up_to_a_full_card_and_its_coupon() -> None:
    till = GameTill()
    assert till.stamp(3, headers=key()).ok() == {
        "current_step": 3,
        "stamps_required": 8,
        "is_completed": False,
        "was_already_completed": False,
        "remaining": 5,
    }
    full = till.stamp(5, headers=key()).ok()
    (coupon,) = till.coupons
    reward = {
        "type": "coupon",
        "coupon_id": coupon.pk,
        "coupon_code": coupon.code,
        "reward_type": "free_product",
        "product_name": "Coffee",
        "points": None,
        "expires_at": None,
    }
    assert full == {
        "current_step": 8,
        "stamps_required": 8,
        "is_completed": True,
        "was_already_completed": False,
        "reward_generated": reward,
        "rewards_generated": [reward],
        "carried_over": 0,
    }
    assert (coupon.status, coupon.customer_id, coupon.game_id) == ("active", till.buyer.pk, till.game.pk)
    assert (till.progress.current_step, till.progress.rounds, till.progress.is_completed) == (0, 1, False)


def test_stamps_beyond_the_last_are_carried_to_the_next_card() -> None:
    till = GameTill()
    till.stamp(7, headers=key()).ok()
    full = till.stamp(3, headers=key()).ok()
    assert (full["current_step"], full["carried_over"], till.progress.current_step) == (8, 2, 2)
    assert len(till.coupons) == 1


def test_ten_stamps_fill_a_small_card_several_times() -> None:
    till = GameTill(game={"stamps_required": 3})
    full = till.stamp(10).ok()
    assert [one["coupon_code"] for one in full["rewards_generated"]] == [coupon.code for coupon in till.coupons]
    assert (len(till.coupons), full["carried_over"], till.progress.rounds) == (3, 1, 3)


def test_stamps_beyond_the_last_are_lost_where_the_game_caps_them() -> None:
    till = GameTill(game={"overflow": "cap", "stamps_required": 3})
    full = till.stamp(10).ok()
    assert (full["carried_over"], till.progress.current_step, len(till.coupons)) == (0, 0, 1)


@pytest.mark.parametrize(
    ("game", "counted", "left"),
    [({"overflow": "cap"}, 0, 0), ({"overflow": "carry"}, 1, 4), ({"reset_on_complete": False}, 0, 5)],
)
def test_a_card_with_more_stamps_than_are_needed_any_more_is_full_with_the_next(
    game: dict[str, Any], counted: int, left: int
) -> None:
    till = GameTill(game={"stamps_required": 10, **game})
    till.stamp(8, headers=key()).ok()
    Game.objects.update(stamps_required=5)
    assert till.stamp(1, headers=key()).ok()["is_completed"] is True
    events = StampEvent.objects.filter(action="stamp_added").order_by("pk")
    assert [event.value for event in events] == [8, counted]
    assert (till.progress.current_step, len(till.coupons)) == (left, 1)


def test_a_card_that_stays_full_gives_its_reward_once() -> None:
    till = GameTill(game={"reset_on_complete": False, "stamps_required": 3})
    assert till.stamp(3, headers=key()).ok()["was_already_completed"] is False
    again = till.stamp(3, headers=key()).ok()
    assert again == {
        "current_step": 3,
        "stamps_required": 3,
        "is_completed": True,
        "was_already_completed": True,
    }
    assert (len(till.coupons), till.progress.is_completed) == (1, True)


def test_one_live_coupon_is_answered_again_where_the_game_allows_no_more() -> None:
    till = GameTill(game={"allow_multiple_active_coupons": False, "stamps_required": 2})
    first = till.stamp(2, headers=key()).ok()
    second = till.stamp(2, headers=key()).ok()
    assert first["reward_generated"] == second["reward_generated"]
    assert (len(till.coupons), till.progress.rounds) == (1, 2)


def test_points_are_credited_at_once() -> None:
    till = GameTill(game={"reward_type": "points", "reward_points": 50, "stamps_required": 2})
    full = till.stamp(2).ok()
    assert (full["reward_generated"]["type"], full["reward_generated"]["points"]) == ("points", 50)
    assert (balance_of(till.buyer), till.coupons) == ((50, 0), [])
    assert_sound()


@pytest.mark.parametrize(
    ("change", "days"),
    [
        ({"coupon_validity": "days", "coupon_validity_days": 5}, 5),
        ({"coupon_validity": "never"}, None),
        ({"stamp_expiration_days": 7}, 7),
        ({}, 90),
    ],
)
def test_a_coupon_is_valid_as_long_as_the_game_or_the_programme_says(change: dict[str, Any], days: int | None) -> None:
    till = GameTill(game={"stamps_required": 1, **change}, default_coupon_validity_days=90)
    till.stamp().ok()
    (coupon,) = till.coupons
    assert (coupon.expires_at and (coupon.expires_at - coupon.issued_at).days) == days


def test_an_equal_call_a_moment_later_is_a_repeat_and_gets_the_first_answer() -> None:
    till = GameTill(game={"stamps_required": 2})
    first, again = till.stamp(), till.stamp()
    assert (first.is_replay, again.is_replay) == (False, True)
    assert first.ok() == again.ok()
    assert till.progress.current_step == 1
    assert till.stamp(2).ok()["is_completed"] is True
    assert till.stamp(2).is_replay
    assert (len(till.coupons), StampEvent.objects.filter(action="stamp_added").count()) == (1, 2)


def test_a_call_after_the_window_counts_again() -> None:
    till = GameTill()
    till.stamp().ok()
    StampEvent.objects.update(recorded_at=timezone.now() - timedelta(seconds=4))
    assert till.stamp().ok()["current_step"] == 2


def test_another_till_is_nobodys_repeat() -> None:
    till = GameTill()
    till.stamp().ok()
    till.use_key()
    assert till.stamp().ok()["current_step"] == 2


def test_a_key_is_answered_once_and_two_keys_twice() -> None:
    till = GameTill()
    one = key()
    assert till.stamp(headers=one).ok() == till.stamp(headers=one).ok()
    assert till.stamp(headers=key()).ok()["current_step"] == 2
    till.stamp(2, headers=one).refused(422, "IDEMPOTENCY_KEY_REUSED")


def test_stamps_know_their_sale() -> None:
    till = GameTill()
    sale = till.sale("A-1", user_id=till.buyer.pk, order_total=5).ok()
    till.stamp(order_id="A-1").ok()
    assert StampEvent.objects.get().transaction_id == sale["transaction_id"]
    other = till.customer()
    till.sale("A-2", user_id=other.pk, order_total=5).ok()
    till.stamp(order_id="A-2").refused(422, "VALIDATION_ERROR", "order_id")
    till.stamp(order_id="A-3").refused(404, "RESOURCE_NOT_FOUND", "order_id")
    assert till.progress.current_step == 1


@pytest.mark.parametrize("how", ["refund", "parts", "cancellation"])
def test_a_purchase_that_was_taken_back_gives_nothing_more(how: str) -> None:
    till = GameTill()
    coupon = CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer)
    till.sale("A-1", user_id=till.buyer.pk, order_total=5).ok()
    till.refund("A-1", order_total=2, refund_id="first").ok()
    till.stamp(order_id="A-1").ok()
    if how == "cancellation":
        till.sale("A-1", type="cancellation").ok()
    else:
        till.refund("A-1", **({"order_total": 3, "refund_id": "second"} if how == "parts" else {})).ok()
    assert till.progress.current_step == 0
    till.stamp(order_id="A-1", headers=key()).refused(409, "OPERATION_NOT_ALLOWED")
    body = {"coupon_id": coupon.pk, "shop_id": till.shop.pk, "order_id": "A-1"}
    till.post(body, path="coupons/redeem").refused(409, "OPERATION_NOT_ALLOWED")
    assert till.progress.current_step == 0
    coupon.refresh_from_db()
    assert coupon.status == "active"


def test_complete_forces_the_reward_once() -> None:
    till = GameTill()
    till.play("complete").refused(409, "OPERATION_NOT_ALLOWED")
    till.stamp(3).ok()
    done = till.play("complete").ok()
    (coupon,) = till.coupons
    assert done == {
        "completed": True,
        "was_already_completed": False,
        "reward": {"type": "free_product", "product_name": "Coffee", "points": None, "description": "A free coffee"},
        "coupon": {"id": coupon.pk, "code": coupon.code, "status": "active", "expires_at": None},
    }
    assert till.play("complete").is_replay
    again = till.play("complete", headers=key()).ok()
    assert (again["was_already_completed"], again["coupon"]) == (True, done["coupon"])
    assert len(till.coupons) == 1


def test_complete_works_without_a_shop() -> None:
    till = GameTill()
    till.stamp(3).ok()
    assert till.post({"card_id": till.held.pk}, path=f"games/{till.game.pk}/complete").ok()["completed"] is True


def test_restart_empties_the_card_and_keeps_the_coupons() -> None:
    till = GameTill(game={"reset_on_complete": False, "stamps_required": 2})
    till.stamp(2).ok()
    answer = till.play("restart").ok()
    assert answer["progress"] == {"current_step": 0, "completed": False, "completed_at": None, "rounds": 1}
    assert [coupon.status for coupon in till.coupons] == ["active"]
    assert till.stamp(1).ok()["current_step"] == 1


def test_progress_tells_its_history_newest_first() -> None:
    till = GameTill(game={"stamps_required": 2, "reset_on_complete": False})
    till.stamp(1, headers=key()).ok()
    till.stamp(1, headers=key()).ok()
    shown = till.get(f"games/{till.game.pk}/progress", card_id=till.held.pk).ok()
    assert shown["game"] == {
        "id": till.game.pk,
        "name": {"lt": till.game.name, "en": till.game.name},
        "game_type": "stamps",
    }
    assert (shown["stamps_required"], shown["status"]) == (2, "completed")
    progress = shown["progress"]
    assert (progress["current_step"], progress["completed"]) == (2, True)
    assert progress["completed_at"] is not None
    assert [
        (one["action"], one["value"], one["shop_id"], one["performed_by_staff"]) for one in progress["history"]
    ] == [
        ("game_completed", 2, till.shop.pk, True),
        ("stamp_added", 1, till.shop.pk, True),
        ("stamp_added", 1, till.shop.pk, True),
    ]


def test_a_card_nobody_stamped_has_empty_progress() -> None:
    till = GameTill()
    shown = till.get(f"games/{till.game.pk}/progress", card_id=till.held.pk).ok()
    assert shown["progress"] == {
        "current_step": 0,
        "completed": False,
        "completed_at": None,
        "rounds": 0,
        "history": [],
    }
    assert StampProgress.objects.count() == 0
    till.get(f"games/{till.game.pk}/progress").refused(422, "VALIDATION_ERROR", "card_id")


# --- Refusals


def nothing_happened() -> bool:
    return (StampEvent.objects.count(), StampProgress.objects.count(), Coupon.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("verb", ["add-stamps", "complete", "restart"])
def test_a_card_that_is_absent_foreign_or_blocked_is_refused_alike(verb: str) -> None:
    till, stranger = GameTill(), GameTill()
    till.play(verb, card_id=999_999_999).refused(400, "BUSINESS_CARD_BLOCKED")
    till.play(verb, card_id=stranger.held.pk).refused(400, "BUSINESS_CARD_BLOCKED")
    IssuedCard.objects.filter(pk=till.held.pk).update(status="blocked")
    till.play(verb).refused(400, "BUSINESS_CARD_BLOCKED")
    assert nothing_happened()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_active": False}, "GAME_INACTIVE"),
        ({"starts_at": timezone.now() + timedelta(days=1)}, "GAME_NOT_STARTED"),
        ({"ends_at": timezone.now() - timedelta(days=1)}, "GAME_ENDED"),
        ({"game_type": "wheel", "stamps_required": None}, "GAME_HAS_NO_STAMPS"),
    ],
)
def test_a_game_that_does_not_run_has_its_own_code(change: dict[str, Any], code: str) -> None:
    till = GameTill(game=change)
    till.stamp().refused(400, code)
    till.play("complete").refused(400, code)
    assert nothing_happened()


def test_shops_are_checked() -> None:
    till, stranger = GameTill(), GameTill()
    other = ShopFactory(partner=till.partner)
    GameShop.objects.create(game=till.game, shop=other)
    till.stamp().refused(400, "GAME_NOT_AT_SHOP")
    till.play("restart").refused(400, "GAME_NOT_AT_SHOP")
    till.stamp(shop_id=stranger.shop.pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    till.stamp(game=stranger.game).refused(404, "RESOURCE_NOT_FOUND", "id")
    till.use_key(shop=till.shop)
    till.stamp(shop_id=other.pk).refused(403, "STORE_ACCESS_DENIED", "shop_id")
    assert nothing_happened()
    till.use_key(shop=other)
    assert till.post({"card_id": till.held.pk}, path=f"games/{till.game.pk}/add-stamps").ok()["current_step"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"stamps_count": 0}, "stamps_count"),
        ({"stamps_count": 11}, "stamps_count"),
        ({"stamps_count": 1.5}, "stamps_count"),
        ({"stamps_count": "many"}, "stamps_count"),
        ({"stamps_count": True}, "stamps_count"),
        ({"card_id": None}, "card_id"),
        ({"card_id": "x"}, "card_id"),
        ({"shop_id": None}, "shop_id"),
        ({"order_id": ["A"]}, "order_id"),
    ],
)
def test_a_wrong_field_is_named(body: dict[str, Any], field: str) -> None:
    till = GameTill()
    till.play("add-stamps", **body).refused(422, "VALIDATION_ERROR", field)
    assert nothing_happened()


def test_the_short_way_and_the_documented_one_answer_the_same_bytes(rf: Any) -> None:
    till = GameTill(game={"stamps_required": 2})
    short = till.stamp(2)
    request = rf.post(
        "/en/shop/x",
        {"card_id": till.held.pk, "shop_id": till.shop.pk, "stamps_count": 2},
        "application/json",
        headers=till.headers,
    )
    view = StampViewSet.as_view({"post": "add_stamps"})
    long = view(request, locale="en", pk=till.game.pk)
    long.render()
    assert long.headers["Idempotency-Replayed"] == "true"
    strip = lambda raw: raw[: raw.index(b'"request_id"')] + raw[raw.index(b'"data"') :]  # noqa: E731
    assert strip(long.content) == strip(short.raw)


def test_games_of_a_shop_are_listed() -> None:
    till, stranger = GameTill(), GameTill()
    elsewhere = GameFactory(partner=till.partner)
    GameShop.objects.create(game=elsewhere, shop=ShopFactory(partner=till.partner))
    GameFactory(partner=till.partner, is_active=False)
    GameFactory(partner=till.partner, ends_at=timezone.now() - timedelta(hours=1))
    GameFactory(partner=till.partner, deleted_at=timezone.now())
    wheel = GameFactory(partner=till.partner, game_type="wheel", stamps_required=None)
    listed = till.get("games", shop_id=till.shop.pk)
    assert [row["id"] for row in listed.ok()] == [wheel.pk, till.game.pk]
    assert listed.body["meta"]["total"] == 2
    assert [row["id"] for row in till.get("games", shop_id=till.shop.pk, type="wheel").ok()] == [wheel.pk]
    assert len(till.get("games").ok()) == 3
    till.get("games", shop_id=stranger.shop.pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    till.get("games", type="darts").refused(422, "VALIDATION_ERROR", "type")
    (row,) = till.get("games", type="stamps", shop_id=till.shop.pk).ok()
    assert row["name"] == {"lt": till.game.name, "en": till.game.name}
    assert row["stamp_settings"]["stamps_required"] == 8
    assert row["partner_info"] == {"id": till.partner.pk, "name": till.partner.name, "description": "", "logo": None}


def test_a_game_and_the_games_of_a_card_show_its_progress() -> None:
    till, stranger = GameTill(), GameTill()
    assert "status" not in till.get(f"games/{till.game.pk}").ok()
    assert till.get(f"games/{till.game.pk}", card_id=till.held.pk).ok()["status"] == "available"
    till.stamp(3).ok()
    shown = till.get(f"games/{till.game.pk}", card_id=till.held.pk).ok()
    assert (shown["status"], shown["user_progress"]["current_step"]) == ("active", 3)
    rows = till.get(f"cards/{till.held.pk}/games", shop_id=till.shop.pk)
    assert [(row["id"], row["status"]) for row in rows.ok()] == [(till.game.pk, "active")]
    assert "meta" not in rows.body
    till.get(f"cards/{stranger.held.pk}/games").refused(404, "RESOURCE_NOT_FOUND", "card_id")
    till.get(f"games/{stranger.game.pk}").refused(404, "RESOURCE_NOT_FOUND", "id")
    till.get(f"games/{till.game.pk}", card_id=stranger.held.pk).refused(404, "RESOURCE_NOT_FOUND", "card_id")


def test_history_is_a_plain_list_unless_pages_are_asked_for() -> None:
    till = GameTill(game={"stamps_required": 2})
    other = GameFactory(partner=till.partner)
    till.stamp(1, game=other).ok()
    till.stamp(2).ok()
    plain = till.get(f"cards/{till.held.pk}/games/history", shop_id=till.shop.pk)
    assert [(row["game_id"], row["status"]) for row in plain.ok()] == [
        (till.game.pk, "completed"),
        (other.pk, "active"),
    ]
    assert "meta" not in plain.body
    (coupon,) = till.coupons
    assert plain.ok()[0]["reward_claimed"] == {
        "type": "coupon",
        "code": coupon.code,
        "status": "active",
        "claimed_at": None,
    }
    paged = till.get(f"cards/{till.held.pk}/games/history", page=1, per_page=1)
    assert (len(paged.ok()), paged.body["meta"]["total"]) == (1, 2)
    assert [row["game_id"] for row in till.get(f"cards/{till.held.pk}/games/history", status="active").ok()] == [
        other.pk
    ]
    till.get(f"cards/{till.held.pk}/games/history", status="lost").refused(422, "VALIDATION_ERROR", "status")


def test_lists_cost_the_same_for_two_games_and_for_twenty() -> None:
    till = GameTill()
    paths = ["games", f"cards/{till.held.pk}/games", f"cards/{till.held.pk}/games/history"]

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            till.get(path, shop_id=till.shop.pk, per_page=100).ok()
        # The key itself is read again every second.
        return sum("apicredential" not in one["sql"] for one in captured.captured_queries)

    def more(count: int) -> None:
        for game in GameFactory.create_batch(count, partner=till.partner):
            till.stamp(8, game=game).ok()

    more(2)
    before = [cost(path) for path in paths]
    more(18)
    assert [cost(path) for path in paths] == before
