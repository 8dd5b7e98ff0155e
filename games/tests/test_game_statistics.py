"""Performance of a game: exact figures by day and shop, null where a link is missing, never a division by nothing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cards.models import IssuedCard
from cards.tests.factories import IssuedCardFactory
from games.models import Coupon, Game, StampEvent, StampProgress
from games.rules.periods import period_of, share
from games.selectors.statistics import Figures, GameStatistics, get_game_statistics
from games.services.stamping import StampCause, put_stamps
from games.tests.factories import CouponFactory, GameFactory, PrizeFactory
from games.tests.test_partner_games_api import a_play
from ledger.services.enrolment import open_balance
from ledger.tests.tills import sell, take_back
from loyalty.services.audit import SYSTEM
from partners.models import Partner, Shop
from partners.tests.callers import credential_caller, staff_caller
from partners.tests.factories import PartnerFactory, ShopFactory

# Two o'clock at night of March 11 in Vilnius, still March 10 in UTC.
AT = datetime(2026, 3, 11, 0, 0, tzinfo=UTC)
TODAY = date(2026, 3, 11)
DAY = timedelta(days=1)


def statistics(game: Game, period: str = "month", *, at: datetime = AT, reach: Any = None) -> GameStatistics:
    return get_game_statistics(partner=game.partner, game=game, period=period, at=at, reach=reach)


def wheel(partner: Partner) -> Game:
    return GameFactory(partner=partner, game_type="wheel", stamps_required=None)


def redeemed(game: Game, issued: IssuedCard, at: datetime, **values: Any) -> Coupon:
    known: dict[str, Any] = {"issued_at": at, **values}
    return CouponFactory(
        partner=game.partner, game=game, issued_card=issued, status="redeemed", redeemed_at=at, **known
    )


# --- periods


@pytest.mark.parametrize(
    ("name", "first", "groups"),
    [
        ("day", TODAY, 1),
        ("week", date(2026, 3, 5), 7),
        ("month", date(2026, 2, 10), 30),
        ("year", date(2025, 4, 1), 12),
    ],
)
def test_a_period_ends_today(name: str, first: date, groups: int) -> None:
    period = period_of(name, TODAY)
    starts = list(period.starts())
    assert (period.first, period.last, len(starts), starts[0]) == (first, TODAY, groups, first)
    assert starts == sorted(set(starts))


@pytest.mark.parametrize("today", [date(2026, 1, 31), date(2026, 12, 31), date(2024, 2, 29)])
def test_a_year_is_twelve_months_whatever_the_day(today: date) -> None:
    starts = list(period_of("year", today).starts())
    assert len(starts) == 12
    assert starts[-1] == today.replace(day=1)
    assert {start.day for start in starts} == {1}


def test_of_nothing_there_is_no_share() -> None:
    assert (share(0, 0), share(0, 3), share(1, 3), share(3, 3)) == (None, 0.0, 0.3333, 1.0)


# --- a game that nobody plays


@pytest.mark.django_db
@pytest.mark.parametrize("game_type", ["stamps", "wheel", "quiz"])
def test_a_game_that_nobody_plays_has_zeros_and_no_rates(game_type: str) -> None:
    game = GameFactory(game_type=game_type, stamps_required=8 if game_type == "stamps" else None)
    data = staff_caller(game.partner).get(f"/en/partners/games/{game.pk}/statistics")["data"]
    figures = {
        "players": 0,
        "plays": 0,
        "completions": 0,
        "stamps_added": 0 if game_type == "stamps" else None,
        "points_given": 0,
        "coupons_issued": 0,
        "coupons_redeemed": 0,
        "redeeming_purchases": 0,
        "revenue": 0.0,
    }
    assert {name: data[name] for name in figures} == figures
    assert [data[name] for name in ("completion_rate", "redemption_rate", "conversion_rate")] == [None] * 3
    assert (data["period"], len(data["by_period"]), data["by_shop"]) == ("month", 30, [])
    assert data["by_period"][0] == {"start_date": data["start_date"], **figures}
    assert (data["rewards"], data["prizes"]) == ({}, [])
    assert (data["currency"], data["time_zone"]) == ("EUR", "Europe/Vilnius")


# --- plays


@pytest.mark.django_db
def test_plays_are_counted_by_local_day_and_shop_and_prizes_by_kind() -> None:
    partner = PartnerFactory()
    game, here, there = wheel(partner), ShopFactory(partner=partner), ShopFactory(partner=partner)
    coffee, gone = PrizeFactory(game=game, position=0), PrizeFactory(game=game, position=1, is_active=False)
    never = PrizeFactory(game=game, position=2)
    one, two = (IssuedCardFactory(partner=partner) for _ in range(2))
    done: dict[str, Any] = {"status": "completed", "completed_at": AT}
    a_play(game, issued_card=one, local_on=TODAY, shop=here, prize=coffee, **done)
    a_play(game, issued_card=one, local_on=TODAY, shop=there, prize=gone, points_won=50, **done)
    a_play(game, issued_card=two, local_on=TODAY - DAY, shop=here, prize=coffee, **done)
    a_play(game, issued_card=two, local_on=TODAY - 2 * DAY, status="expired")
    a_play(game, issued_card=two, local_on=TODAY, status="cancelled")
    a_play(game, issued_card=two, local_on=TODAY - 30 * DAY, prize=coffee, **done)
    a_play(wheel(partner), issued_card=one, local_on=TODAY, shop=here)

    found = statistics(game)
    assert found.total == Figures(players=2, plays=4, completions=3, points=50)
    assert found.groups[TODAY] == Figures(players=1, plays=2, completions=2, points=50)
    assert found.groups[TODAY - DAY] == Figures(players=1, plays=1, completions=1)
    assert found.groups[TODAY - 2 * DAY] == Figures(players=1, plays=1)
    assert sum(figures.plays for figures in found.groups.values()) == 4
    assert found.shops == {
        here.pk: Figures(players=2, plays=2, completions=2),
        there.pk: Figures(players=1, plays=1, completions=1, points=50),
        None: Figures(players=1, plays=1),
    }
    assert found.shop_names == {here.pk: here.name, there.pk: there.name}
    assert [(row.prize, row.awarded) for row in found.prizes] == [(coffee, 2), (never, 0), (gone, 1)]
    assert statistics(game, "day").total.plays == 2
    assert statistics(game, "year").groups[date(2026, 2, 1)] == Figures(players=1, plays=1, completions=1)
    only = statistics(game, reach=frozenset({there.pk}))
    assert (only.total.plays, list(only.shops), [row.awarded for row in only.prizes]) == (1, [there.pk], [0, 0, 1])


# --- stamps


@pytest.mark.django_db
def test_stamps_are_counted_with_what_was_taken_back_and_filled_cards_are_completions() -> None:
    partner = PartnerFactory()
    shop = ShopFactory(partner=partner)
    game = GameFactory(partner=partner, stamps_required=3)
    cards = [IssuedCardFactory(partner=partner) for _ in range(2)]
    for issued in cards:
        open_balance(issued_card_id=issued.pk, actor=SYSTEM, at=AT - 40 * DAY)

    def stamp(issued: IssuedCard, count: int, at: datetime) -> None:
        put_stamps(
            partner=partner,
            game=game,
            issued_card=issued,
            required=3,
            count=count,
            cause=StampCause(SYSTEM, at, shop_id=shop.pk),
        )

    stamp(cards[0], 2, AT - DAY)
    stamp(cards[0], 2, AT)
    # An hour before midnight in Vilnius: the day before.
    stamp(cards[1], 1, datetime(2026, 3, 10, 21, 0, tzinfo=UTC))
    stamp(cards[1], 1, AT - 40 * DAY)
    progress = StampProgress.objects.get(issued_card=cards[1])
    StampEvent.objects.create(
        progress=progress, partner=partner, action="stamp_taken_back", value=-1, actor_kind="system", occurred_at=AT
    )
    found = statistics(game)
    assert found.total == Figures(players=2, plays=3, completions=1, stamps=4, issued=1)
    assert found.groups[TODAY] == Figures(players=1, plays=1, completions=1, stamps=1, issued=1)
    assert found.groups[TODAY - DAY] == Figures(players=2, plays=2, stamps=3)
    assert found.shops[shop.pk] == Figures(players=2, plays=3, completions=1, stamps=5)
    # Nobody knows where the coupon was won: its stamps name no purchase.
    assert found.shops[None] == Figures(stamps=-1, issued=1)
    assert found.rewards == {"free_product": 1}


@pytest.mark.django_db
def test_points_of_filled_cards_are_found_in_the_ledger() -> None:
    partner = PartnerFactory()
    game = GameFactory(
        partner=partner, stamps_required=1, reward_type="points", reward_points=25, reward_product_name=""
    )
    issued = IssuedCardFactory(partner=partner)
    open_balance(issued_card_id=issued.pk, actor=SYSTEM, at=AT - DAY)
    for at in (AT, AT - DAY):
        put_stamps(partner=partner, game=game, issued_card=issued, required=1, count=1, cause=StampCause(SYSTEM, at))
    found = statistics(game)
    assert found.total == Figures(players=1, plays=2, completions=2, stamps=2, points=50)
    assert found.groups[TODAY].points == 25
    assert found.rewards == {}


# --- coupons


@pytest.mark.django_db
def test_revenue_is_what_redeeming_purchases_brought_less_refunds_each_once() -> None:
    partner = PartnerFactory()
    shop, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    game, issued = wheel(partner), IssuedCardFactory(partner=partner)
    big = sell(partner, "BIG", "20.00", at=AT, shop=shop)
    small = sell(partner, "SMALL", "7.50", at=AT - DAY, shop=other)
    take_back(partner, "BIG", "5.00", at=AT)
    for sale in (big, big):
        redeemed(game, issued, AT, redeemed_by=sale, redeemed_shop=shop, earned_by=small)
    redeemed(game, issued, AT - DAY, redeemed_by=small, redeemed_shop=other)
    redeemed(game, issued, AT - 2 * DAY, redeemed_shop=other)
    redeemed(game, issued, AT - 60 * DAY, redeemed_by=sell(partner, "OLD", "99.00", at=AT - 60 * DAY))
    redeemed(wheel(partner), issued, AT, redeemed_by=sell(partner, "ELSE", "50.00", at=AT))
    CouponFactory(partner=partner, game=game, issued_card=issued, issued_at=AT)

    found = statistics(game)
    assert (found.total.issued, found.total.issued_and_redeemed) == (5, 4)
    assert (found.total.redeemed, found.total.linked, found.total.purchases) == (4, 3, 2)
    assert found.total.revenue == Decimal("22.50")
    assert found.groups[TODAY].revenue == Decimal("15.00")
    assert found.groups[TODAY - DAY].revenue == Decimal("7.50")
    # One was redeemed that day, and nobody knows by which purchase.
    assert found.groups[TODAY - 2 * DAY].redeemed == 1
    assert found.groups[TODAY - 2 * DAY].revenue is None
    assert found.groups[TODAY - 3 * DAY].revenue == Decimal("0.00")
    assert (found.shops[shop.pk].revenue, found.shops[shop.pk].issued) == (Decimal("15.00"), 0)
    assert (found.shops[other.pk].revenue, found.shops[other.pk].issued) == (Decimal("7.50"), 2)
    assert found.shops[None].issued == 3
    assert found.rewards == {"percentage": 5}


@pytest.mark.django_db
def test_conversion_is_players_who_redeemed_and_redemption_is_of_the_coupons_issued() -> None:
    partner = PartnerFactory()
    game = wheel(partner)
    players = [IssuedCardFactory(partner=partner) for _ in range(4)]
    for issued in players:
        a_play(game, issued_card=issued, local_on=TODAY, status="completed", completed_at=AT)
    redeemed(game, players[0], AT)
    redeemed(game, players[1], AT - DAY, issued_at=AT - 60 * DAY)
    redeemed(game, IssuedCardFactory(partner=partner), AT)
    redeemed(game, players[2], AT - 60 * DAY)
    CouponFactory(partner=partner, game=game, issued_card=players[3], issued_at=AT)
    data = staff_caller(partner)
    found = statistics(game)
    assert (found.total.players, found.total.converted) == (4, 2)
    assert (found.total.issued, found.total.issued_and_redeemed) == (3, 2)
    assert data.staff.partner == partner


# --- over the API


@pytest.mark.django_db
def test_the_answer_has_rates_and_only_the_shops_within_reach() -> None:
    partner = PartnerFactory()
    here, there = ShopFactory(partner=partner), ShopFactory(partner=partner)
    game = wheel(partner)
    now = datetime.now(UTC)
    for shop in (here, here, there, None):
        play = a_play(game, local_on=now.date(), shop=shop)
        CouponFactory(partner=partner, game=game, issued_card=play.issued_card, issued_at=now)
    path = f"/en/partners/games/{game.pk}/statistics"
    owner = staff_caller(partner)
    data = owner.get(path, period="week")["data"]
    assert (data["plays"], data["completion_rate"], data["redemption_rate"]) == (4, 0.0, 0.0)
    assert [(row["shop_id"], row["name"], row["plays"]) for row in data["by_shop"]] == [
        (here.pk, here.name, 2),
        (there.pk, there.name, 1),
        (None, None, 1),
    ]
    for caller in (staff_caller(partner, "manager", [here]), credential_caller(partner, here)):
        mine = caller.get(path)["data"]
        assert (mine["plays"], [row["shop_id"] for row in mine["by_shop"]]) == (2, [here.pk])
        assert caller.get(path, shop_id=here.pk)["data"]["plays"] == 2
        assert caller.get(path, 403, shop_id=there.pk)["code"] == "STORE_ACCESS_DENIED"
    assert owner.get(path, shop_id=there.pk)["data"]["plays"] == 1
    assert owner.get(path, 404, shop_id=ShopFactory().pk)["code"] == "RESOURCE_NOT_FOUND"
    assert list(owner.get(path, 422, period="century")["errors"]) == ["period"]
    assert owner.get(path, 400, days="3")["code"] == "UNKNOWN_PARAMETER"
    owner.get(f"/en/partners/games/{wheel(PartnerFactory()).pk}/statistics", 404)
    assert staff_caller(partner, "cashier").get(path, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"


@pytest.mark.django_db
@pytest.mark.parametrize("game_type", ["stamps", "wheel"])
def test_many_shops_days_and_coupons_take_no_more_queries(game_type: str) -> None:
    game = GameFactory(game_type=game_type, stamps_required=8 if game_type == "stamps" else None)
    partner = game.partner
    counts = []
    for number in (2, 20):
        for index in range(number):
            shop: Shop = ShopFactory(partner=partner)
            play = a_play(game, local_on=TODAY - index * DAY, shop=shop, status="completed", completed_at=AT)
            redeemed(game, play.issued_card, AT - index * DAY, redeemed_shop=shop)
        with CaptureQueriesContext(connection) as queries:
            found = statistics(game)
        counts.append(len(queries))
    assert counts[0] == counts[1] == (4 if game_type == "stamps" else 6)
    assert found.total.redeemed == 22
