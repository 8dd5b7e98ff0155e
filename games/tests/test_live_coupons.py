"""One live coupon a customer: when a game can be limited to it, and that nobody slips through meanwhile."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from cards.tests.factories import IssuedCardFactory
from games.errors import MultipleActiveCoupons
from games.models import Coupon, Game
from games.rules.rewards import reward_of
from games.services.games import update_game
from games.services.issuing import Issued, issue_game_coupon
from games.tests.factories import CouponFactory, GameFactory
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from partners.tests.callers import staff_caller
from partners.tests.factories import ShopFactory

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
OFF = {"allow_multiple_active_coupons": False}


def path_of(game: Game) -> str:
    return f"/en/partners/games/{game.pk}"


@pytest.mark.django_db
def test_several_live_coupons_refuse_it_with_their_count_and_nothing_changes() -> None:
    game = GameFactory()
    owner = staff_caller(game.partner)
    for number, statuses in enumerate((["active", "active"], ["active", "active", "active"], ["active"])):
        issued = IssuedCardFactory(partner=game.partner)
        for _status in statuses:
            CouponFactory(partner=game.partner, game=game, issued_card=issued)
        CouponFactory(partner=game.partner, issued_card=issued)
        assert number < 3
    CouponFactory(partner=game.partner, game=GameFactory(partner=game.partner))
    answer = owner.put(path_of(game), {**OFF, "name": "Another name"}, status=400)
    assert answer["code"] == "MULTIPLE_ACTIVE_COUPONS"
    assert answer["details"] == {"active_coupons_count": 5, "affected_customers": 2}
    assert "2" in answer["message"]
    game.refresh_from_db()
    assert game.allow_multiple_active_coupons is True
    assert game.name != "Another name"
    assert not Coupon.objects.filter(is_exclusive=True).exists()
    assert not AuditEvent.objects.filter(action="game.updated").exists()


@pytest.mark.django_db
def test_used_and_ended_coupons_do_not_count_and_live_ones_become_the_only_one() -> None:
    game = GameFactory()
    issued = IssuedCardFactory(partner=game.partner)
    live = CouponFactory(partner=game.partner, game=game, issued_card=issued)
    used = CouponFactory(
        partner=game.partner, game=game, issued_card=issued, status="redeemed", redeemed_at=AT, redeemed_shop=None
    )
    CouponFactory(partner=game.partner, game=game, issued_card=issued, status="expired", ended_at=AT)
    owner = staff_caller(game.partner)
    assert owner.put(path_of(game), OFF)["data"]["allow_multiple_active_coupons"] is False
    assert list(Coupon.objects.filter(is_exclusive=True)) == [live]
    assert used.is_exclusive is False
    # Off is off: saying it again asks nothing, on again needs nothing.
    owner.put(path_of(game), OFF)
    assert owner.put(path_of(game), {"allow_multiple_active_coupons": True})["data"]["allow_multiple_active_coupons"]


@pytest.mark.django_db
def test_a_coupon_that_is_over_counts_before_the_hour_has_ended_it() -> None:
    game = GameFactory()
    issued = IssuedCardFactory(partner=game.partner)
    over = CouponFactory(partner=game.partner, game=game, issued_card=issued, expires_at=AT)
    live = CouponFactory(partner=game.partner, game=game, issued_card=issued)
    limit(game)
    assert list(Coupon.objects.filter(is_exclusive=True)) == [live]
    over.refresh_from_db()
    assert over.status == "active"


@pytest.mark.django_db
def test_a_coupon_that_is_over_does_not_stand_in_for_the_one_that_is_won() -> None:
    game = GameFactory(**OFF)
    issued = IssuedCardFactory(partner=game.partner)
    shop = ShopFactory(partner=game.partner)
    over = CouponFactory(
        partner=game.partner,
        game=game,
        issued_card=issued,
        is_exclusive=True,
        status="pending",
        pending_at=AT - timedelta(hours=1),
        pending_shop=shop,
        expires_at=AT,
    )
    won = issue(game, issued)
    assert (won.is_new, won.coupon.is_exclusive) == (True, True)
    over.refresh_from_db()
    assert (over.status, over.ended_at, over.pending_shop) == ("expired", AT, None)
    later = issue(game, issued)
    assert (later.coupon, later.is_new) == (won.coupon, False)


def issue(game: Game, issued_card: Any) -> Issued:
    return issue_game_coupon(partner=game.partner, game=game, issued_card=issued_card, reward=reward_of(game), at=AT)


def in_a_thread(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Run `act` on a connection of its own; its result or what it raised is found in the list."""
    found: list[Any] = []

    def work() -> None:
        try:
            found.append(act())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            found.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread, found


def limit(game: Game) -> None:
    update_game(actor=SYSTEM, partner=game.partner, game_id=game.pk, data=OFF, reach=None, at=AT)


@pytest.mark.django_db(transaction=True)
def test_a_coupon_issued_while_the_game_is_being_limited_is_the_one_that_is_there() -> None:
    game = GameFactory()
    issued = IssuedCardFactory(partner=game.partner)
    first = issue(game, issued)
    with transaction.atomic():
        limit(game)
        # `game` was read before: for this till several coupons are still allowed.
        thread, found = in_a_thread(lambda: issue(game, issued))
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)
    assert (found[0].coupon, found[0].is_new) == (first.coupon, False)
    assert list(Coupon.objects.values_list("pk", "is_exclusive")) == [(first.coupon.pk, True)]


@pytest.mark.django_db(transaction=True)
def test_limiting_a_game_waits_for_coupons_that_are_being_issued() -> None:
    game = GameFactory()
    issued = IssuedCardFactory(partner=game.partner)
    issue(game, issued)
    with transaction.atomic():
        issue(game, issued)
        thread, found = in_a_thread(lambda: limit(game))
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)
    assert isinstance(found[0], MultipleActiveCoupons)
    game.refresh_from_db()
    assert game.allow_multiple_active_coupons is True


@pytest.mark.django_db(transaction=True)
def test_coupons_of_one_game_do_not_wait_for_each_other() -> None:
    game = GameFactory()
    cards = [IssuedCardFactory(partner=game.partner) for _ in range(2)]
    with transaction.atomic():
        issue(game, cards[0])
        thread, found = in_a_thread(lambda: issue(game, cards[1]))
        thread.join(10)
        assert found[0].is_new is True


@pytest.mark.django_db(transaction=True)
def test_two_changes_of_one_game_follow_one_another() -> None:
    game = GameFactory()
    with transaction.atomic():
        update_game(actor=SYSTEM, partner=game.partner, game_id=game.pk, data={"name": "First"}, reach=None, at=AT)
        thread, found = in_a_thread(
            lambda: update_game(
                actor=SYSTEM, partner=game.partner, game_id=game.pk, data={"points_cost": 5}, reach=None, at=AT
            )
        )
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)
    assert (found[0].game.name, found[0].game.points_cost) == ("First", 5)
