"""Who sees which plays: persons their own, tills their partner's; and what anybody may verify."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.tests.callers import person_caller
from customers.tests.factories import PersonFactory
from games.models import Coupon, Play, Prize
from games.tests.players import COFFEE, NOTHING, Arcade
from ledger.tests.factories import issued_card_of
from partners.models import Partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def arcade() -> Arcade:
    return Arcade()


def test_a_person_plays_without_naming_the_card(arcade: Arcade) -> None:
    person = PersonFactory()
    customer = arcade.customer(person=person)
    game = arcade.wheel(COFFEE)
    app = person_caller(person)

    started = app.post(f"/en/shop/games/{game.pk}/start", {})["data"]
    won = app.post(f"/en/shop/games/{game.pk}/spin-wheel", {"session_key": started["session_key"]}, 200)["data"]

    assert (started["user_id"], started["card_id"]) == (customer.pk, issued_card_of(customer).pk)
    assert won["reward"]["type"] == "coupon"
    play = Play.objects.get()
    assert (play.actor_kind, play.actor_id) == ("person", person.pk)


def test_another_person_has_no_part_in_a_play(arcade: Arcade) -> None:
    owner, other = PersonFactory(), PersonFactory()
    mine, theirs = arcade.customer(person=owner), arcade.customer(person=other)
    game = arcade.wheel(COFFEE)
    key = person_caller(owner).post(f"/en/shop/games/{game.pk}/start", {})["data"]["session_key"]
    stranger = person_caller(other)
    answers = [
        stranger.post(f"/en/shop/games/{game.pk}/spin-wheel", {"session_key": key}, 404),
        stranger.post(f"/en/shop/games/{game.pk}/claim-reward", {"session_key": key}, 404),
        stranger.get(f"/en/shop/game-sessions/{key}", 404),
        stranger.post(f"/en/shop/game-sessions/{key}/cancel", {}, 404),
        stranger.post(f"/en/shop/games/{game.pk}/start", {"card_id": issued_card_of(mine).pk}, 404),
        person_caller(PersonFactory()).post(f"/en/shop/games/{game.pk}/start", {}, 404),
    ]
    assert {answer["code"] for answer in answers} == {"RESOURCE_NOT_FOUND"}
    assert stranger.get("/en/shop/game-sessions")["data"] == []
    assert [play["user_id"] for play in person_caller(owner).get("/en/shop/game-sessions")["data"]] == [mine.pk]
    assert Play.objects.get().status == "active"
    assert theirs.pk != mine.pk


def test_a_token_granted_to_one_partner_reaches_no_play_at_another(arcade: Arcade) -> None:
    person, elsewhere = PersonFactory(), Arcade()
    here, there = arcade.customer(person=person), elsewhere.customer(person=person)
    games = arcade.wheel(), elsewhere.wheel()
    own = person_caller(person)
    keys = [own.post(f"/en/shop/games/{game.pk}/start", {})["data"]["session_key"] for game in games]
    assert {play["user_id"] for play in own.get("/en/shop/game-sessions")["data"]} == {here.pk, there.pk}

    bound = person_caller(person, arcade.partner)
    assert [play["user_id"] for play in bound.get("/en/shop/game-sessions")["data"]] == [here.pk]
    bound.get(f"/en/shop/game-sessions/{keys[1]}", 404)
    bound.post(f"/en/shop/games/{games[1].pk}/spin-wheel", {"session_key": keys[1]}, 404)


def test_the_history_is_filtered_paged_and_costs_the_same_for_any_number(arcade: Arcade) -> None:
    games = [arcade.wheel(COFFEE) for _ in range(20)]
    customer = arcade.customer()
    card = issued_card_of(customer).pk

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            arcade.get("game-sessions", per_page=50).ok()
        # Not those of the credential, which is looked at once a second.
        return sum("games_" in query["sql"] for query in captured)

    for game in games[:2]:
        arcade.spin(game, customer)
    queries()
    few = queries()
    for game in games[2:]:
        arcade.spin(game, customer)
    assert queries() == few == 2

    arcade.begun(games[0], customer)
    page = arcade.get("game-sessions", per_page=5, card_id=card)
    assert (len(page.data), page.body["meta"]["total"]) == (5, 21)
    assert page.data[0]["status"] == "active"
    assert arcade.get("game-sessions", status="active").body["meta"]["total"] == 1
    assert arcade.get("game-sessions", game_id=games[0].pk).body["meta"]["total"] == 2
    arcade.get("game-sessions", status="won").refused(422, "VALIDATION_ERROR", "status")


def test_a_scope_that_only_reads_cannot_play(arcade: Arcade) -> None:
    customer, game = arcade.customer(), arcade.wheel()
    key = arcade.begun(game, customer)["session_key"]
    arcade.use_key(scopes=["read"])
    arcade.begin(game, customer).refused(403, "SCOPE_INSUFFICIENT")
    arcade.call(game, "spin-wheel", session_key=key).refused(403, "SCOPE_INSUFFICIENT")
    assert arcade.get(f"game-sessions/{key}").ok()["status"] == "active"


# --- In the open


def stranger(path: str, address: str = "10.1.2.3") -> Any:
    return Client(REMOTE_ADDR=address).get(path)


def test_before_the_draw_anybody_sees_the_promise_only(arcade: Arcade) -> None:
    game = arcade.wheel(COFFEE, NOTHING)
    started = arcade.begun(game, arcade.customer())
    shown = stranger(f"/en/games/plays/{started['session_key']}/verify").json()["data"]
    assert (shown["seed_hash"], shown["odds"]) == (started["seed_hash"], started["odds"])
    assert [shown[name] for name in ("server_seed", "client_seed", "counter", "result", "recomputed", "matches")] == [
        None
    ] * 6
    assert Play.objects.get().server_seed not in str(shown)


def test_after_the_draw_anybody_can_compute_it_and_nobody_learns_who_played(arcade: Arcade) -> None:
    customer = arcade.customer(name="Ona Kazlauskienė")
    won = arcade.spin(arcade.wheel(COFFEE, NOTHING), customer, client_seed="mine")
    shown = stranger(f"/lt/games/plays/{won['session_key']}/verify").json()["data"]
    assert (shown["server_seed"], shown["client_seed"]) == (won["server_seed"], "mine")
    assert (shown["result"], shown["recomputed"], shown["matches"]) == (won["result"], won["result"], True)
    for secret in ("Ona", str(customer.pk), "coupon", str(issued_card_of(customer).pk)):
        assert secret not in str(shown).replace(won["session_key"], "").replace(won["server_seed"], "")


@pytest.mark.parametrize(
    "change",
    [
        {"server_seed": "ab" * 32},
        {"seed_hash": "ab" * 32},
        {"client_seed": "other"},
        {"result": {"drawn": "1", "counter": 0, "skipped": []}},
        {"odds": [{"key": "1", "name": "Other", "weight": 1}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_changed_afterwards_shows(arcade: Arcade, change: dict[str, Any]) -> None:
    game = arcade.wheel(*([NOTHING] * 30))
    key = arcade.spin(game, arcade.customer())["session_key"]
    assert arcade.verify(key)["matches"] is True
    Play.objects.update(**change)
    assert arcade.verify(key)["matches"] is False


def test_a_prize_said_to_have_run_out_must_have_been_drawn(arcade: Arcade) -> None:
    game = arcade.wheel(NOTHING, NOTHING, NOTHING)
    key = arcade.spin(game, arcade.customer())["session_key"]
    play = Play.objects.get()
    others = Prize.objects.exclude(pk=play.prize_id).values_list("pk", flat=True)
    for other in others:
        skipped = [{"key": str(other), "counter": 0, "reason": "stock"}]
        Play.objects.update(result={"drawn": str(play.prize_id), "counter": 1, "skipped": skipped})
        assert arcade.verify(key)["matches"] is False


def test_verifying_is_counted_by_address_and_an_unknown_play_is_404(arcade: Arcade) -> None:
    path = f"/en/games/plays/{uuid.uuid4()}/verify"
    codes = {stranger(path, "10.9.9.9").status_code for _ in range(61)}
    assert codes == {404, 429}
    assert stranger(path, "10.9.9.8").status_code == 404


# --- Without /shop


def test_an_app_finds_plays_and_follows_a_game_without_shop_in_the_path(arcade: Arcade) -> None:
    person, elsewhere = PersonFactory(), Arcade()
    customer = arcade.customer(person=person)
    game, foreign = arcade.wheel(COFFEE), elsewhere.wheel()
    arcade.wheel(is_active=False)
    app = person_caller(person)

    assert [one["id"] for one in app.get("/en/games")["data"]] == [game.pk]
    assert app.get("/en/games", 200, type="quiz")["data"] == []
    app.get(f"/en/games/{foreign.pk}", 404)
    assert app.get(f"/en/games/{game.pk}")["data"]["status"] == "available"
    key = app.post(f"/en/games/{game.pk}/start", {})["data"]["session_key"]
    assert app.get(f"/en/games/{game.pk}/progress")["data"]["active_session"] == key
    expired = Play.objects.get(session_key=key).expires_at
    Play.objects.filter(session_key=key).update(expires_at=timezone.now())
    assert app.get(f"/en/games/{game.pk}/progress")["data"]["active_session"] is None
    Play.objects.filter(session_key=key).update(expires_at=expired)
    won = app.post(f"/en/games/{game.pk}/spin-wheel", {"session_key": key}, 200)["data"]
    assert won["reward"]["type"] == "coupon"
    assert (
        app.get(f"/en/games/{game.pk}/progress")["data"].items()
        >= {
            "plays": 1,
            "plays_completed": 1,
            "plays_won": 1,
            "active_session": None,
            "completed": True,
            "status": "completed",
            "card_id": issued_card_of(customer).pk,
        }.items()
    )
    assert [one["user_id"] for one in app.get("/en/game-sessions")["data"]] == [customer.pk]
    assert app.post(f"/en/games/{game.pk}/start", {"no_such_field": 1}, 422)["errors"].keys() == {"no_such_field"}


def test_nothing_is_played_at_a_partner_that_may_not_act(arcade: Arcade) -> None:
    person = PersonFactory()
    arcade.customer(person=person)
    game = arcade.wheel()
    Partner.objects.filter(pk=arcade.partner.pk).update(status="suspended")
    app = person_caller(person)
    assert app.get("/en/games")["data"] == []
    assert app.post(f"/en/games/{game.pk}/start", {}, 403)["code"] == "PARTNER_NOT_ACTIVE"


def test_a_game_of_a_partner_whose_card_one_does_not_hold_is_as_good_as_absent(arcade: Arcade) -> None:
    person, elsewhere = PersonFactory(), Arcade()
    arcade.customer(person=person)
    app = person_caller(person)
    foreign = app.post(f"/en/games/{elsewhere.wheel().pk}/start", {}, 404)
    missing = app.post("/en/games/999999999/start", {}, 404)
    assert [one.get("errors") for one in (foreign, missing)] == [None, None]


def test_the_list_of_games_costs_the_same_for_any_number(arcade: Arcade) -> None:
    person = PersonFactory()
    arcade.customer(person=person)
    app = person_caller(person)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            app.get("/en/games", 200, per_page=50)
        return sum("games_" in query["sql"] for query in captured)

    for _ in range(2):
        arcade.wheel()
    queries()
    few = queries()
    for _ in range(18):
        arcade.wheel()
    assert queries() == few


def test_api_credentials_do_not_reach_the_addresses_of_the_app(arcade: Arcade) -> None:
    arcade.send("GET", "/en/games", b"", {}).refused(401, "AUTH_REQUIRED")


def test_at_a_suspended_partner_a_person_neither_begins_a_game_nor_wins_in_one(arcade: Arcade) -> None:
    person = PersonFactory()
    arcade.customer(person=person)
    game = arcade.wheel(COFFEE)
    app = person_caller(person)
    key = app.post(f"/en/shop/games/{game.pk}/start", {})["data"]["session_key"]
    turn = {"session_key": key}
    for status in ("suspended", "closed"):
        Partner.objects.filter(pk=arcade.partner.pk).update(status=status)
        for step, body in (("start", {}), ("spin-wheel", turn)):
            assert app.post(f"/en/shop/games/{game.pk}/{step}", body, 403)["code"] == "PARTNER_NOT_ACTIVE"
    assert not Coupon.objects.exists()
    assert app.get(f"/en/shop/game-sessions/{key}")["data"]["status"] == "active"
    Partner.objects.filter(pk=arcade.partner.pk).update(status="active")
    won = app.post(f"/en/shop/games/{game.pk}/spin-wheel", turn, 200)["data"]
    Partner.objects.filter(pk=arcade.partner.pk).update(status="suspended")
    # What was won is told again.
    assert app.post(f"/en/shop/games/{game.pk}/spin-wheel", turn, 200)["data"] == won
