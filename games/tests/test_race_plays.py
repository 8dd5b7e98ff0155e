"""Players at once: real threads on real connections. One prize has one winner, one session has one result."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from games.models import CollectedItem, Coupon, Play, Prize
from games.selectors.plays import cards_of_customer
from games.services import draws, ending
from games.services.claims import expire_partner_plays
from games.services.draws import spin_wheel
from games.tests.players import COFFEE, NOTHING, TEN_POINTS, Arcade, expire
from ledger.tests.factories import assert_sound, balance_of, issued_card_of
from ledger.tests.test_race_tills import deadlocks, together
from loyalty.errors import LoyaltyError
from loyalty.services.audit import SYSTEM
from partners.models import Plan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def arcade() -> Arcade:
    """An arcade whose plan allows hundreds of plays a minute."""
    plan = Plan.objects.create(code="busy", name="Busy", credential_per_minute=100_000, credential_per_hour=100_000)
    return Arcade(partner={"plan": plan})


def test_fifty_players_and_one_prize_in_stock_make_one_winner(arcade: Arcade) -> None:
    game = arcade.wheel({**COFFEE, "stock": 1, "weight": 999}, {**NOTHING, "weight": 1})
    keys = [arcade.begun(game, arcade.customer())["session_key"] for _ in range(50)]

    acts = [lambda key=key: arcade.call(game, "spin-wheel", session_key=key).ok() for key in keys]
    answers = together(acts)

    won = Counter(answer["prize"]["reward_type"] for answer in answers)
    assert won == {"free_product": 1, "none": 49}
    assert Coupon.objects.count() == 1
    assert list(Prize.objects.order_by("position").values_list("awarded", flat=True)) == [1, 49]
    assert all(arcade.verify(key)["matches"] for key in keys)


def test_players_drawing_several_scarce_prizes_at_once_never_deadlock_or_exceed(arcade: Arcade) -> None:
    prizes = [{**COFFEE, "stock": 3, "weight": 10} for _ in range(4)] + [{**COFFEE, "per_day": 5, "weight": 10}]
    game = arcade.wheel(*prizes, {**NOTHING, "weight": 1})
    keys = [arcade.begun(game, arcade.customer())["session_key"] for _ in range(60)]
    before = deadlocks()

    together([lambda key=key: arcade.call(game, "spin-wheel", session_key=key).ok() for key in keys])

    awarded = list(Prize.objects.order_by("position").values_list("awarded", flat=True))
    assert awarded[:5] == [3, 3, 3, 3, 5]
    assert sum(awarded) == 60
    assert Coupon.objects.count() == 17
    assert deadlocks() == before


def test_one_session_spun_eight_times_at_once_has_one_result(arcade: Arcade) -> None:
    customer = arcade.customer()
    game = arcade.wheel(COFFEE, TEN_POINTS, NOTHING)
    key = arcade.begun(game, customer)["session_key"]
    answers = together([lambda: arcade.call(game, "spin-wheel", session_key=key)] * 8)
    assert len({str(answer.ok()) for answer in answers}) == 1
    assert sum(answer.is_replay for answer in answers) == 7
    assert sum(Prize.objects.values_list("awarded", flat=True)) == 1


def test_eight_starts_at_once_are_one_play_paid_once(arcade: Arcade) -> None:
    customer = arcade.customer(100)
    game = arcade.wheel(points_cost=30)
    answers = together([lambda: arcade.begin(game, customer)] * 8)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 7}
    assert len({answer.data["session_key"] for answer in answers}) == 1
    assert (balance_of(customer), Play.objects.count()) == ((70, 0), 1)
    assert_sound()


def test_the_last_play_of_the_day_is_started_once_on_two_cards(arcade: Arcade) -> None:
    customer = arcade.customer()
    other = CardFactory(partner=arcade.partner)
    issue_card(actor=SYSTEM, partner=arcade.partner, card=other, customer=customer, at=timezone.now())
    cards = cards_of_customer(customer_id=customer.pk)
    assert len(cards) == 2
    game = arcade.wheel(plays_per_day=1)
    answers = together([lambda card=card: arcade.call(game, "start", card_id=card) for card in cards * 4])
    assert Counter(answer.status for answer in answers)[201] == 1
    assert Play.objects.count() == 1


def test_expiry_and_a_spin_at_once_are_one_end(arcade: Arcade) -> None:
    customer = arcade.customer(1000)
    game = arcade.wheel(COFFEE, points_cost=30)
    for _ in range(5):
        key = arcade.begun(game, customer)["session_key"]
        play = Play.objects.select_related("game", "issued_card").get(session_key=key)
        expire(key)
        late, soon = timezone.now(), timezone.now() - timedelta(minutes=1)
        together(
            [
                lambda late=late: expire_partner_plays(partner=arcade.partner, at=late),
                # Its clock is a minute behind: for it the play still runs.
                lambda play=play, soon=soon: _spun(play, soon),
            ],
            workers=2,
        )
        play.refresh_from_db()
        assert (play.status, play.points_spent) in {("expired", 0), ("completed", 30)}
    spent = sum(Play.objects.values_list("points_spent", flat=True))
    assert balance_of(customer) == (1000 - spent, 0)
    assert Coupon.objects.count() == Play.objects.filter(status="completed").count()
    assert_sound()


def _spun(play: Play, at: datetime) -> str:
    try:
        return spin_wheel(actor=SYSTEM, play=play, client_seed=None, at=at).play.status
    except LoyaltyError as refused:
        return refused.code


def test_a_collected_piece_is_counted_once_by_eight_calls(arcade: Arcade) -> None:
    game = arcade.collection(50)
    key = arcade.begun(game, arcade.customer())["session_key"]
    together([lambda: arcade.call(game, "collect-item", session_key=key).ok()] * 8)
    assert CollectedItem.objects.get().quantity == 1


@pytest.mark.parametrize("place", ["give_reward", "complete_play"])
def test_a_draw_killed_half_way_leaves_nothing(arcade: Arcade, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = arcade.customer(100)
    game = arcade.wheel({**COFFEE, "stock": 1}, points_cost=30)
    key = arcade.begun(game, customer)["session_key"]
    play = Play.objects.select_related("game", "issued_card").get()
    killed = getattr(ending, place)

    def kill(**values: object) -> None:
        killed(**values)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    # The short way is one statement: there is no half of it.
    monkeypatch.setattr(draws, "win_at_once", lambda **_values: False)
    monkeypatch.setattr(draws, place, kill)
    with pytest.raises(Exception, match=r"terminat|clos"):
        spin_wheel(actor=SYSTEM, play=play, client_seed=None, at=timezone.now())
    connection.close()
    monkeypatch.undo()

    assert Prize.objects.get().awarded == 0
    assert not Coupon.objects.exists()
    assert Play.objects.get().status == "active"
    assert arcade.call(game, "spin-wheel", session_key=key).ok()["reward"]["type"] == "coupon"
    assert balance_of(customer) == (70, 0)
    assert issued_card_of(customer).pk == play.issued_card_id
