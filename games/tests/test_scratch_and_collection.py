"""Scratch cards and collections over HTTP."""

from collections import Counter

import pytest

from games.choices import GameType
from games.models import CollectedItem, Coupon, Play
from games.tests.players import COFFEE, NOTHING, TEN_POINTS, TENTH, Arcade
from ledger.tests.factories import balance_of, issued_card_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def arcade() -> Arcade:
    return Arcade()


def test_three_fields_alike_show_the_prize_that_was_drawn(arcade: Arcade) -> None:
    game = arcade.wheel(COFFEE, TENTH, NOTHING, game_type=GameType.SCRATCH, config={"scratch_fields": 9})
    key = arcade.begun(game, arcade.customer())["session_key"]
    ticket = arcade.call(game, "scratch-ticket", session_key=key)
    fields = Counter(ticket.ok()["result"]["fields"])
    drawn = ticket.data["result"]["drawn"]
    assert sum(fields.values()) == 9
    assert {field for field, count in fields.items() if field and count >= 3} == {drawn}
    assert ticket.data["prize"]["id"] == int(drawn)
    again = arcade.call(game, "scratch-ticket", session_key=key)
    assert (again.is_replay, again.ok()) == (True, ticket.data)
    assert arcade.verify(key)["matches"] is True


def test_a_ticket_whose_prize_ran_out_shows_the_one_that_was_given(arcade: Arcade) -> None:
    game = arcade.wheel({**COFFEE, "stock": 1, "weight": 999_999}, {**TENTH, "weight": 1}, game_type=GameType.SCRATCH)
    keys = [arcade.begun(game, arcade.customer())["session_key"] for _ in range(2)]
    first, second = (arcade.call(game, "scratch-ticket", session_key=key).ok() for key in keys)
    assert first["result"]["fields"].count(first["result"]["drawn"]) == 3
    assert second["result"]["fields"].count(first["result"]["drawn"]) < 3
    assert second["result"]["fields"].count(second["result"]["drawn"]) == 3
    assert [arcade.verify(key)["matches"] for key in keys] == [True, True]


def test_a_wheel_is_not_scratched(arcade: Arcade) -> None:
    game = arcade.wheel()
    key = arcade.begun(game, arcade.customer())["session_key"]
    arcade.call(game, "scratch-ticket", session_key=key).refused(400, "GAME_TYPE_MISMATCH")


def collect(arcade: Arcade, game: object, customer: object) -> dict[str, object]:
    key = arcade.begun(game, customer)["session_key"]
    return arcade.call(game, "collect-item", session_key=key).ok()


def test_the_last_missing_piece_gives_the_reward_and_begins_anew(arcade: Arcade) -> None:
    customer, game = arcade.customer(), arcade.collection(2, 1)
    card = issued_card_of(customer).pk
    found: Counter[str] = Counter()
    while True:
        play = collect(arcade, game, customer)
        found[play["result"]["drawn"]] += 1
        assert arcade.verify(play["session_key"])["matches"] is True
        if play["reward"] is not None:
            break
        progress = arcade.get(f"games/{game.pk}/collection-progress", card_id=card).ok()
        assert {item["key"]: item["quantity"] for item in progress["items"]} == {
            "i1": found["i1"],
            "i2": found["i2"],
        }
        assert progress["pieces_held"] == min(found["i1"], 2) + min(found["i2"], 1)
        assert (progress["pieces_needed"], progress["completed"]) == (3, False)
    assert found["i1"] >= 2
    assert found["i2"] >= 1
    assert play["reward"]["product_name"] == "Coffee"
    assert play["progress_data"] == {"completes": True}
    assert Coupon.objects.get().customer == customer
    # What is needed is used up, what is left over stays.
    left = dict(CollectedItem.objects.values_list("item", "quantity"))
    assert left == {"i1": found["i1"] - 2, "i2": found["i2"] - 1}


def test_a_collection_that_stays_complete_is_not_collected_again(arcade: Arcade) -> None:
    customer, game = arcade.customer(), arcade.collection(1, reset_on_complete=False, points_cost=0)
    assert collect(arcade, game, customer)["reward"]["type"] == "coupon"
    arcade.begin(game, customer).refused(409, "COLLECTION_COMPLETE")
    assert dict(CollectedItem.objects.values_list("item", "quantity")) == {"i1": 1}
    progress = arcade.get(f"games/{game.pk}/collection-progress", card_id=issued_card_of(customer).pk).ok()
    assert progress["completed"] is True


def test_a_piece_collected_twice_counts_once(arcade: Arcade) -> None:
    customer, game = arcade.customer(), arcade.collection(5)
    key = arcade.begun(game, customer)["session_key"]
    first, again = (arcade.call(game, "collect-item", session_key=key) for _ in range(2))
    assert (again.is_replay, again.ok()) == (True, first.ok())
    assert CollectedItem.objects.get().quantity == 1


def test_a_collection_may_give_points(arcade: Arcade) -> None:
    customer, game = arcade.customer(), arcade.collection(1, **TEN_POINTS)
    assert collect(arcade, game, customer)["points_won"] == 10
    assert balance_of(customer) == (10, 0)


def test_a_second_coupon_where_one_is_allowed_is_the_first_one(arcade: Arcade) -> None:
    customer, game = arcade.customer(), arcade.collection(1, allow_multiple_active_coupons=False)
    first, second = collect(arcade, game, customer), collect(arcade, game, customer)
    assert (first["reward"]["is_existing"], second["reward"]["is_existing"]) == (False, True)
    assert first["reward"]["coupon_id"] == second["reward"]["coupon_id"]
    assert Coupon.objects.count() == 1
    assert Play.objects.filter(coupon__isnull=False).count() == 1


def test_a_game_without_its_parts_is_not_started(arcade: Arcade) -> None:
    for game_type in (GameType.QUIZ, GameType.MEMORY, GameType.COLLECTION):
        arcade.begin(arcade.game(game_type), arcade.customer()).refused(400, "GAME_INACTIVE")
    arcade.begin(arcade.game(GameType.WHEEL), arcade.customer()).refused(409, "GAME_SOLD_OUT")
