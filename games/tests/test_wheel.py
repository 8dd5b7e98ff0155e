"""The wheel over HTTP: what it costs, what it gives, what it refuses."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.models import IssuedCard
from games.choices import CouponValidity
from games.models import Coupon, Game, Play, Prize
from games.selectors.plays import list_partner_ids_with_due_plays_across_partners
from games.services.claims import expire_partner_plays
from games.tasks import expire_plays_of_partner
from games.tests.players import COFFEE, NOTHING, TEN_POINTS, TENTH, Arcade, awarded, expire
from ledger.models import PointsEntry, PointsLot
from ledger.tests.factories import assert_sound, balance_of, issued_card_of
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def arcade() -> Arcade:
    return Arcade()


def test_a_spin_gives_the_coupon_that_the_seeds_say(arcade: Arcade) -> None:
    customer = arcade.customer()
    game = arcade.wheel(COFFEE, coupon_validity=CouponValidity.DAYS, coupon_validity_days=30)
    started = arcade.begun(game, customer)
    assert (started["status"], started["server_seed"], started["result"]) == ("active", None, {})
    assert [(one["weight"], one["probability"]) for one in started["odds"]] == [(10, 1.0)]

    won = arcade.call(game, "spin-wheel", session_key=started["session_key"], client_seed="lucky-7").ok()

    prize = game.prizes.get()
    assert won["result"] == {"drawn": str(prize.pk), "counter": 0, "skipped": []}
    coupon = Coupon.objects.get(customer=customer)
    assert (won["reward"]["coupon_id"], won["reward"]["coupon_code"]) == (coupon.pk, coupon.code)
    assert (won["reward"]["product_name"], won["client_seed"]) == ("Coffee", "lucky-7")
    assert (won["seed_hash"], won["status"]) == (started["seed_hash"], "completed")
    assert (coupon.prize, coupon.expires_at) == (prize, coupon.issued_at + timedelta(days=30))
    assert awarded(game) == {0: 1}
    assert Play.objects.get().actor_kind == "credential"


def test_points_are_paid_and_won_in_the_ledger(arcade: Arcade) -> None:
    customer = arcade.customer(100)
    game = arcade.wheel(TEN_POINTS, points_cost=30)

    won = arcade.spin(game, customer)

    assert (won["points_spent"], won["points_won"], won["reward"]["points"]) == (30, 10, 10)
    assert won["reward"]["type"] == "points"
    assert balance_of(customer) == (80, 0)
    kinds = list(PointsEntry.objects.order_by("pk").values_list("kind", "points"))
    assert kinds[-2:] == [("redeem", -30), ("bonus", 10)]
    assert not Coupon.objects.exists()
    assert_sound()


def test_winning_nothing_is_a_result_without_a_reward(arcade: Arcade) -> None:
    game = arcade.wheel(NOTHING)
    won = arcade.spin(game, arcade.customer())
    assert (won["reward"], won["prize"]["reward_type"]) == (None, "none")
    assert won["prize"]["name"] == {"en": "Nothing", "lt": "Nieko"}


def test_too_few_points_start_nothing(arcade: Arcade) -> None:
    customer = arcade.customer(29)
    game = arcade.wheel(points_cost=30)
    arcade.begin(game, customer).refused(400, "INSUFFICIENT_POINTS")
    assert (balance_of(customer), Play.objects.count()) == ((29, 0), 0)


def test_a_second_start_goes_on_with_the_open_play_and_pays_once(arcade: Arcade) -> None:
    customer = arcade.customer(100)
    game = arcade.wheel(points_cost=30)
    first = arcade.begun(game, customer)
    again = arcade.begin(game, customer)
    assert (again.status, again.data["session_key"]) == (200, first["session_key"])
    assert balance_of(customer) == (70, 0)


def test_a_spin_sent_again_answers_the_same_and_gives_nothing_more(arcade: Arcade) -> None:
    customer = arcade.customer()
    game = arcade.wheel(COFFEE, TENTH)
    key = arcade.begun(game, customer)["session_key"]
    first = arcade.call(game, "spin-wheel", session_key=key, client_seed="one")
    again = arcade.call(game, "spin-wheel", session_key=key, client_seed="another")
    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.ok() == first.ok()
    assert Coupon.objects.count() == 1


def test_an_idempotency_key_answers_byte_for_byte(arcade: Arcade) -> None:
    game = arcade.wheel(COFFEE)
    key = arcade.begun(game, arcade.customer())["session_key"]
    headers = {"Idempotency-Key": "spin-1"}
    first = arcade.call(game, "spin-wheel", session_key=key, headers=headers)
    again = arcade.call(game, "spin-wheel", session_key=key, headers=headers)
    assert (again.is_replay, again.raw) == (True, first.raw)
    arcade.call(game, "spin-wheel", session_key=str(uuid.uuid4()), headers=headers).refused(
        422, "IDEMPOTENCY_KEY_REUSED"
    )


# --- What can be won


def test_a_prize_that_ran_out_is_not_among_the_odds(arcade: Arcade) -> None:
    game = arcade.wheel({**COFFEE, "stock": 1, "awarded": 1}, {**TENTH, "weight": 30})
    started = arcade.begun(game, arcade.customer())
    assert [(one["weight"], one["probability"]) for one in started["odds"]] == [(30, 1.0)]


def test_a_prize_that_runs_out_between_start_and_spin_is_passed_over_and_noted(arcade: Arcade) -> None:
    game = arcade.wheel({**COFFEE, "stock": 1, "weight": 999_999}, {**NOTHING, "weight": 1})
    scarce, rest = game.prizes.order_by("position")
    first, second = (arcade.begun(game, arcade.customer())["session_key"] for _ in range(2))
    arcade.call(game, "spin-wheel", session_key=first).ok()
    Prize.objects.filter(pk=scarce.pk).update(awarded=1)

    won = arcade.call(game, "spin-wheel", session_key=second).ok()

    assert won["result"]["drawn"] == str(rest.pk)
    assert won["result"]["skipped"] == [{"key": str(scarce.pk), "counter": 0, "reason": "stock"}]
    assert won["result"]["counter"] == 1
    assert arcade.verify(second)["matches"] is True


def test_a_prize_that_the_partner_took_out_after_the_start_is_passed_over_for_that(arcade: Arcade) -> None:
    game = arcade.wheel({**COFFEE, "weight": 999_999}, {**NOTHING, "weight": 1})
    gone, rest = game.prizes.order_by("position")
    key = arcade.begun(game, arcade.customer())["session_key"]
    Prize.objects.filter(pk=gone.pk).update(is_active=False)

    won = arcade.call(game, "spin-wheel", session_key=key).ok()

    assert won["result"]["drawn"] == str(rest.pk)
    assert won["result"]["skipped"] == [{"key": str(gone.pk), "counter": 0, "reason": "withdrawn"}]
    assert arcade.verify(key)["matches"] is True


def test_when_everything_ran_out_the_points_come_back(arcade: Arcade) -> None:
    customer = arcade.customer(100)
    game = arcade.wheel({**COFFEE, "stock": 1}, points_cost=40)
    key = arcade.begun(game, customer)["session_key"]
    Prize.objects.update(awarded=1)
    won = arcade.call(game, "spin-wheel", session_key=key).ok()
    assert (won["result"]["drawn"], won["prize"], won["reward"], won["points_spent"]) == (None, None, None, 0)
    assert balance_of(customer) == (100, 0)
    assert arcade.verify(key)["matches"] is True
    arcade.begin(game, customer).refused(409, "GAME_SOLD_OUT")
    assert_sound()


def test_a_prize_for_once_a_customer_is_won_once(arcade: Arcade) -> None:
    winner, other = arcade.customer(), arcade.customer()
    game = arcade.wheel({**COFFEE, "per_customer": 1})
    arcade.spin(game, winner)
    arcade.begin(game, winner).refused(409, "GAME_SOLD_OUT")
    assert arcade.spin(game, other)["reward"]["type"] == "coupon"


def test_a_prize_for_once_a_day_comes_back_tomorrow(arcade: Arcade) -> None:
    game = arcade.wheel({**COFFEE, "per_day": 1})
    arcade.spin(game, arcade.customer())
    late = arcade.begin(game, arcade.customer()).refused(409, "GAME_SOLD_OUT")
    assert 0 < int(late.headers["Retry-After"]) <= 86_400
    Play.objects.update(local_on=timezone.now().date() - timedelta(days=2))
    assert arcade.spin(game, arcade.customer())["reward"]["type"] == "coupon"


def test_a_limit_reached_between_start_and_spin_passes_the_prize_over(arcade: Arcade) -> None:
    game = arcade.wheel({**COFFEE, "per_day": 1, "weight": 999_999}, {**NOTHING, "weight": 1})
    keys = [arcade.begun(game, arcade.customer())["session_key"] for _ in range(2)]
    first, second = (arcade.call(game, "spin-wheel", session_key=key).ok() for key in keys)
    assert first["prize"]["reward_type"] == "free_product"
    assert second["result"]["skipped"][0]["reason"] == "per_day"
    # What was taken and given back is not counted.
    assert awarded(game) == {0: 1, 1: 1}


def test_one_unused_coupon_means_no_second_one(arcade: Arcade) -> None:
    customer = arcade.customer()
    game = arcade.wheel(COFFEE, {**TEN_POINTS, "weight": 1}, allow_multiple_active_coupons=False)
    Prize.objects.filter(position=1).update(is_active=False)
    arcade.spin(game, customer)
    arcade.begin(game, customer).refused(409, "GAME_SOLD_OUT")
    Prize.objects.filter(position=1).update(is_active=True)
    won = arcade.spin(game, customer)
    assert ([one["weight"] for one in won["odds"]], won["points_won"]) == ([1], 10)
    assert Coupon.objects.count() == 1


def test_a_coupon_that_is_over_leaves_room_for_the_next_one(arcade: Arcade) -> None:
    customer = arcade.customer()
    game = arcade.wheel(COFFEE, allow_multiple_active_coupons=False)
    arcade.spin(game, customer)
    Coupon.objects.update(expires_at=timezone.now())
    assert arcade.spin(game, customer)["reward"]["is_existing"] is False
    assert list(Coupon.objects.order_by("pk").values_list("status", flat=True)) == ["expired", "active"]


# --- Who may play, and when


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"is_active": False}, "GAME_INACTIVE"),
        ({"starts_at": timezone.now() + timedelta(days=1)}, "GAME_NOT_STARTED"),
        ({"ends_at": timezone.now() - timedelta(days=1)}, "GAME_ENDED"),
    ],
)
def test_a_game_that_is_not_on_is_not_started(arcade: Arcade, fields: dict[str, Any], code: str) -> None:
    customer = arcade.customer(100)
    arcade.begin(arcade.wheel(points_cost=10, **fields), customer).refused(400, code)
    assert (balance_of(customer), Play.objects.count()) == ((100, 0), 0)


def test_a_deleted_or_foreign_game_does_not_exist(arcade: Arcade) -> None:
    customer, foreign = arcade.customer(), Arcade()
    arcade.begin(arcade.wheel(deleted_at=timezone.now()), customer).refused(404, "RESOURCE_NOT_FOUND")
    arcade.begin(foreign.wheel(), customer).refused(404, "RESOURCE_NOT_FOUND")
    arcade.begin(arcade.wheel(), foreign.customer()).refused(404, "RESOURCE_NOT_FOUND")


def test_a_foreign_session_or_one_of_another_game_does_not_exist(arcade: Arcade) -> None:
    foreign = Arcade()
    theirs = foreign.wheel(COFFEE)
    key = foreign.begun(theirs, foreign.customer())["session_key"]
    arcade.call(theirs, "spin-wheel", session_key=key).refused(404, "RESOURCE_NOT_FOUND")
    foreign.call(foreign.wheel(), "spin-wheel", session_key=key).refused(404, "RESOURCE_NOT_FOUND")
    foreign.call(theirs, "spin-wheel", session_key=str(uuid.uuid4())).refused(404, "RESOURCE_NOT_FOUND")
    assert not Coupon.objects.exists()


def test_a_blocked_card_does_not_play(arcade: Arcade) -> None:
    customer = arcade.customer()
    IssuedCard.objects.filter(customer=customer).update(status="blocked")
    arcade.begin(arcade.wheel(), customer).refused(400, "BUSINESS_CARD_BLOCKED")


def test_a_card_that_is_blocked_after_the_start_draws_nothing(arcade: Arcade) -> None:
    customer = arcade.customer()
    for game, action in ((arcade.wheel(COFFEE), "spin-wheel"), (arcade.collection(1), "collect-item")):
        IssuedCard.objects.update(status="active")
        key = arcade.begun(game, customer)["session_key"]
        IssuedCard.objects.update(status="blocked")
        arcade.call(game, action, session_key=key).refused(400, "BUSINESS_CARD_BLOCKED")
    assert not Coupon.objects.exists()
    assert Prize.objects.get().awarded == 0


def test_a_till_must_name_the_card(arcade: Arcade) -> None:
    game = arcade.wheel()
    arcade.customer()
    arcade.call(game, "start").refused(404, "RESOURCE_NOT_FOUND", "card_id")
    arcade.call(game, "start", card_id="x").refused(422, "VALIDATION_ERROR", "card_id")


def test_a_game_of_some_shops_is_played_there(arcade: Arcade) -> None:
    customer, game, other = arcade.customer(), arcade.wheel(), ShopFactory(partner=arcade.partner)
    game.shops.add(arcade.shop)
    arcade.begin(game, customer, shop_id=other.pk).refused(400, "GAME_NOT_AT_SHOP")
    arcade.begin(game, customer).refused(400, "GAME_NOT_AT_SHOP")
    arcade.begin(game, customer, shop_id=ShopFactory().pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
    assert arcade.begun(game, customer, shop_id=arcade.shop.pk)["shop_id"] == arcade.shop.pk


def test_a_key_of_one_shop_plays_there_by_itself(arcade: Arcade) -> None:
    customer, game, other = arcade.customer(), arcade.wheel(), ShopFactory(partner=arcade.partner)
    game.shops.add(arcade.shop)
    arcade.use_key(shop=arcade.shop)
    arcade.begin(game, customer, shop_id=other.pk).refused(403, "STORE_ACCESS_DENIED")
    assert arcade.begun(game, customer)["shop_id"] == arcade.shop.pk


def test_plays_a_day_and_plays_a_customer_are_counted(arcade: Arcade) -> None:
    customer = arcade.customer()
    game = arcade.wheel(NOTHING, plays_per_day=2, plays_per_customer=3)
    for _ in range(2):
        arcade.spin(game, customer)
    late = arcade.begin(game, customer).refused(429, "PLAY_LIMIT_REACHED")
    assert 0 < int(late.headers["Retry-After"]) <= 86_400
    Play.objects.update(local_on=timezone.now().date() - timedelta(days=2))
    arcade.spin(game, customer)
    arcade.begin(game, customer).refused(409, "PLAYS_USED_UP")
    assert arcade.begin(game, arcade.customer()).status == 201


@pytest.mark.parametrize("seed", ["", "a b", "a:b", "x" * 65, "ž"])
def test_a_client_seed_that_could_mean_two_things_is_refused(arcade: Arcade, seed: str) -> None:
    game = arcade.wheel(COFFEE)
    key = arcade.begun(game, arcade.customer())["session_key"]
    arcade.call(game, "spin-wheel", session_key=key, client_seed=seed).refused(422, "VALIDATION_ERROR", "client_seed")
    assert Play.objects.get().status == "active"


def test_another_type_of_game_is_not_spun(arcade: Arcade) -> None:
    game = arcade.quiz()
    key = arcade.begun(game, arcade.customer())["session_key"]
    arcade.call(game, "spin-wheel", session_key=key).refused(400, "GAME_TYPE_MISMATCH")
    arcade.begin(Game.objects.create(**stamp_card(arcade)), arcade.customer()).refused(400, "GAME_TYPE_MISMATCH")


def stamp_card(arcade: Arcade) -> dict[str, Any]:
    text = "A stamp card"
    return {
        "partner": arcade.partner,
        "game_type": "stamps",
        "name": text,
        "description": text,
        "reward_description": text,
        "stamps_required": 8,
    }


# --- How plays end


def test_a_play_whose_time_is_over_is_410_and_gives_its_points_back(arcade: Arcade) -> None:
    customer = arcade.customer(100)
    lot = PointsLot.objects.get()
    game = arcade.wheel(COFFEE, points_cost=40, plays_per_day=1)
    key = arcade.begun(game, customer)["session_key"]
    expire(key)
    arcade.call(game, "spin-wheel", session_key=key).refused(410, "RESOURCE_EXPIRED")
    arcade.call(game, "claim-reward", session_key=key).refused(410, "RESOURCE_EXPIRED")
    assert balance_of(customer) == (60, 0)

    assert expire_partner_plays(partner=arcade.partner, at=timezone.now()) == 1
    assert expire_partner_plays(partner=arcade.partner, at=timezone.now()) == 0

    assert balance_of(customer) == (100, 0)
    back = PointsLot.objects.get(points=40)
    assert (back.earned_at, back.expires_at) == (lot.earned_at, lot.expires_at)
    assert arcade.get(f"game-sessions/{key}").ok()["status"] == "expired"
    # It counts for no limit.
    arcade.begun(game, customer)
    assert_sound()


def test_the_schedule_ends_the_plays_of_those_partners_that_have_some(arcade: Arcade) -> None:
    idle = Arcade()
    idle.begun(idle.wheel(), idle.customer())
    expire(arcade.begun(arcade.wheel(), arcade.customer())["session_key"])
    due = list_partner_ids_with_due_plays_across_partners(at=timezone.now())
    assert due == [arcade.partner.pk]
    expire_plays_of_partner(partner_id=due[0])
    assert dict(Play.objects.values_list("partner_id", "status")) == {
        arcade.partner.pk: "expired",
        idle.partner.pk: "active",
    }
    assert list_partner_ids_with_due_plays_across_partners(at=timezone.now()) == []


def test_starting_again_after_the_time_is_over_begins_a_new_play(arcade: Arcade) -> None:
    customer = arcade.customer(100)
    game = arcade.wheel(COFFEE, points_cost=40)
    first = arcade.begun(game, customer)["session_key"]
    expire(first)
    second = arcade.begun(game, customer)["session_key"]
    assert second != first
    assert balance_of(customer) == (60, 0)
    assert list(Play.objects.order_by("pk").values_list("status", flat=True)) == ["expired", "active"]


def test_a_play_given_up_before_the_draw_costs_nothing(arcade: Arcade) -> None:
    customer = arcade.customer(100)
    game = arcade.wheel(COFFEE, points_cost=40, plays_per_day=1)
    key = arcade.begun(game, customer)["session_key"]
    path = f"game-sessions/{key}/cancel"
    cancelled = arcade.post({}, path=path)
    again = arcade.post({}, path=path)
    assert (cancelled.ok()["status"], again.is_replay) == ("cancelled", True)
    assert balance_of(customer) == (100, 0)
    arcade.call(game, "spin-wheel", session_key=key).refused(409, "PLAY_NOT_ACTIVE")
    done = arcade.spin(game, customer)["session_key"]
    arcade.post({}, path=f"game-sessions/{done}/cancel").refused(409, "PLAY_NOT_ACTIVE")
    assert_sound()


def test_a_reward_is_claimed_once(arcade: Arcade) -> None:
    game = arcade.wheel(COFFEE)
    customer = arcade.customer()
    key = arcade.begun(game, customer)["session_key"]
    arcade.call(game, "claim-reward", session_key=key).refused(409, "NOTHING_TO_CLAIM")
    arcade.call(game, "spin-wheel", session_key=key).ok()
    assert arcade.call(game, "claim-reward", session_key=key).ok()["reward_claimed"] is True
    arcade.call(game, "claim-reward", session_key=key).refused(409, "REWARD_ALREADY_CLAIMED")
    assert issued_card_of(customer).pk == Play.objects.get().issued_card_id


def test_there_is_nothing_to_claim_where_nothing_was_won(arcade: Arcade) -> None:
    game = arcade.wheel(NOTHING)
    key = arcade.spin(game, arcade.customer())["session_key"]
    arcade.call(game, "claim-reward", session_key=key).refused(409, "NOTHING_TO_CLAIM")
