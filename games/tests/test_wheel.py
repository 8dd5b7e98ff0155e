"""The wheel over HTTP: what it costs, what it gives, what it refuses."""

import pytest

from games.models import Coupon, Play
from games.tests.players import COFFEE, NOTHING, TEN_POINTS, Arcade, awarded, expire
from ledger.tests.factories import assert_sound, balance_of, ledger_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def arcade() -> Arcade:
    return Arcade()


def test_a_spin_gives_the_coupon_that_the_seeds_say(arcade: Arcade) -> None:
    customer = arcade.customer()
    game = arcade.wheel(COFFEE)
    started = arcade.begun(game, customer)
    assert (started["status"], started["server_seed"], started["result"]) == ("active", None, {})
    assert [(one["weight"], one["probability"]) for one in started["odds"]] == [(10, 1.0)]

    answer = arcade.call(game, "spin-wheel", session_key=started["session_key"], client_seed="lucky-7")

    won = answer.ok()
    prize = game.prizes.get()
    assert won["result"] == {"drawn": str(prize.pk), "counter": 0, "skipped": []}
    coupon = Coupon.objects.get(customer=customer)
    assert (won["reward"]["coupon_id"], won["reward"]["coupon_code"]) == (coupon.pk, coupon.code)
    assert (won["reward"]["product_name"], won["client_seed"]) == ("Coffee", "lucky-7")
    assert (won["seed_hash"], won["status"]) == (started["seed_hash"], "completed")
    assert len(won["server_seed"]) == 64
    assert coupon.prize == prize
    assert awarded(game) == {0: 1}
