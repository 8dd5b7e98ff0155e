"""The short way of a spin does what the long way does, row by row and byte by byte."""

from typing import Any

import orjson
import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from games.choices import CouponValidity
from games.events import CouponIssued
from games.models import Coupon, Game, Play, Prize
from games.services import draws
from games.tests.players import COFFEE, NOTHING, TEN_POINTS, TENTH, Arcade
from loyalty import events

pytestmark = pytest.mark.django_db
OWN = {"id", "code", "qr_value", "issued_at", "customer", "issued_card"}


@pytest.fixture
def arcade() -> Arcade:
    return Arcade(default_coupon_validity_days=14)


def rows(game: Game) -> list[dict[str, Any]]:
    """What a spin leaves, without what two spins never share."""
    play = model_to_dict(Play.objects.get(game=game))
    own = {"id", "session_key", "game", "coupon", "server_seed", "seed_hash", "started_at", "expires_at", "customer"}
    found = [{name: value for name, value in play.items() if name not in own | {"issued_card", "completed_at"}}]
    assert play["completed_at"] is not None
    for coupon in Coupon.objects.filter(game=game):
        assert coupon.pk == play["coupon"]
        left = None if coupon.expires_at is None else coupon.expires_at - coupon.issued_at
        values = {name: value for name, value in model_to_dict(coupon).items() if name not in OWN}
        found.append({**values, "game": "game", "prize": "prize", "expires_at": left})
    found.append({"awarded": list(Prize.objects.filter(game=game).values_list("awarded", flat=True))})
    found[0].update(prize="prize", odds="odds", result=found[0]["result"]["skipped"])
    return found


@pytest.mark.parametrize(
    "prize", [COFFEE, TENTH, NOTHING, {**COFFEE, "stock": 5}], ids=["coffee", "tenth", "-", "stock"]
)
@pytest.mark.parametrize("validity", list(CouponValidity))
def test_both_ways_write_the_same_rows(
    arcade: Arcade, prize: dict[str, Any], validity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = 30 if validity == CouponValidity.DAYS else None
    prize = {"name": {"en": "Prize", "lt": "Prizas"}, **prize}
    short, long = (arcade.wheel(prize, coupon_validity=validity, coupon_validity_days=days) for _ in range(2))
    answers = [arcade.spin(short, arcade.customer(), client_seed="mine")]
    monkeypatch.setattr(draws, "win_at_once", lambda **_values: False)
    answers.append(arcade.spin(long, arcade.customer(), client_seed="mine"))
    assert rows(short) == rows(long)
    rewards = [answer["reward"] and answer["reward"]["title"] for answer in answers]
    assert rewards[0] == rewards[1]


def test_both_addresses_answer_the_same_bytes(arcade: Arcade, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key takes a call the documented way."""
    game = arcade.wheel(COFFEE)
    key = arcade.begun(game, arcade.customer())["session_key"]
    first = arcade.call(game, "spin-wheel", session_key=key, client_seed="mine")
    calls = [
        arcade.call(game, "spin-wheel", session_key=key),
        arcade.call(game, "spin-wheel", session_key=key, headers={"Idempotency-Key": "k"}),
        arcade.send("GET", f"/en/shop/game-sessions/{key}", b"", {}),
    ]
    bodies = [{**orjson.loads(answer.raw), "request_id": ""} for answer in (first, *calls)]
    assert all(orjson.dumps(body) == orjson.dumps(bodies[0]) for body in bodies)
    assert [answer.is_replay for answer in calls] == [True, False, False]


def test_a_plain_spin_costs_two_statements_and_their_transaction(arcade: Arcade) -> None:
    game = arcade.wheel(COFFEE, TENTH)
    keys = [arcade.begun(game, arcade.customer())["session_key"] for _ in range(2)]
    arcade.call(game, "spin-wheel", session_key=keys[0]).ok()
    with CaptureQueriesContext(connection) as captured:
        arcade.call(game, "spin-wheel", session_key=keys[1]).ok()
    statements = [query["sql"].split()[0] for query in captured]
    assert statements == ["SELECT", "SAVEPOINT", "SELECT", "RELEASE"], [query["sql"] for query in captured]


@pytest.mark.parametrize("special", [{**COFFEE, "per_day": 9}, {**COFFEE, "per_customer": 9}, TEN_POINTS])
def test_what_is_special_takes_the_long_way(arcade: Arcade, special: dict[str, Any]) -> None:
    game = arcade.wheel(special)
    with CaptureQueriesContext(connection) as captured:
        assert arcade.spin(game, arcade.customer())["reward"] is not None
    assert any("UPDATE games_prize" in query["sql"] for query in captured)
    assert Prize.objects.get().awarded == 1


def test_a_code_that_is_taken_is_replaced_by_another(arcade: Arcade, monkeypatch: pytest.MonkeyPatch) -> None:
    game = arcade.wheel(COFFEE)
    taken = arcade.spin(game, arcade.customer())["reward"]["coupon_code"]
    monkeypatch.setattr("games.services.draw_at_once.new_code", lambda: taken)
    won = arcade.spin(game, arcade.customer())["reward"]["coupon_code"]
    assert won != taken
    assert Prize.objects.get().awarded == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "session_key"), ({"session_key": "x"}, "session_key")],
)
def test_a_call_without_a_session_is_refused_on_the_documented_way(
    arcade: Arcade, body: dict[str, Any], field: str
) -> None:
    arcade.call(arcade.wheel(), "spin-wheel", **body).refused(422, "VALIDATION_ERROR", field)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_a_plain_spin_is_two_statements_unless_somebody_listens(
    arcade: Arcade, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = arcade.wheel(COFFEE)
    keys = [arcade.begun(game, arcade.customer())["session_key"] for _ in range(3)]
    heard: list[CouponIssued] = []

    def statements(key: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            arcade.call(game, "spin-wheel", session_key=key).ok()
        return [query["sql"].split()[0] for query in captured]

    statements(keys[0])
    assert statements(keys[1]) == ["SELECT", "SELECT"]
    monkeypatch.setitem(events._subscribers, CouponIssued, [heard.append])
    assert statements(keys[2]) == ["SELECT", "BEGIN", "SELECT", "COMMIT"]
    assert [event.coupon_id for event in heard] == [Coupon.objects.order_by("pk").last().pk]
