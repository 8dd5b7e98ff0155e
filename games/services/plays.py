"""Starting and ending plays. The anchor lock of the issued card comes first in each (decision 7).

A play that ends before anything was drawn or shown gives its points back and counts for no limit.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from cards.choices import IssuedCardStatus
from cards.errors import CardBlocked
from cards.models import IssuedCard
from games.choices import GameType
from games.errors import (
    CollectionComplete,
    GameInactive,
    GameNotAtShop,
    GameSoldOut,
    GameTypeMismatch,
    PlayLimitReached,
    PlaysUsedUp,
)
from games.models import Game, Play
from games.rules import memory, quiz
from games.rules.collection import is_full
from games.rules.draws import hash_of_seed, new_seed
from games.rules.playable import is_set_up
from games.selectors.plays import (
    cards_of_customer,
    count_plays,
    find_active_play,
    get_game_to_play,
    held_items,
    is_at_shop,
    local_day,
)
from games.selectors.prizes import DAY, offered_prizes
from games.services.ending import Paid, expire_play
from games.services.playable import check_running
from ledger.choices import EntryKind
from ledger.services.locks import lock_cards
from ledger.services.points import Cause, post_points
from loyalty.services.audit import Actor
from partners.errors import PartnerNotActive
from partners.models import Partner
from partners.selectors.shops import check_shops


@dataclass(frozen=True, slots=True)
class Started:
    """The play, and whether it is new or the open one that goes on."""

    play: Play
    is_new: bool


@transaction.atomic
def start_play(
    *,
    actor: Actor,
    partner: Partner,
    game_id: int,
    issued_card: IssuedCard,
    shop_id: int | None,
    reach: frozenset[int] | None,
    at: datetime,
) -> Started:
    """Begin a play on a card, or go on with the open one. Its points are paid and its odds published now.

    Raises PartnerNotActive, ResourceNotFound, StoreAccessDenied, CardBlocked, GameTypeMismatch, what speaks against
    playing now (GameInactive, GameNotStarted, GameEnded, GameNotAtShop), PlayLimitReached, PlaysUsedUp, GameSoldOut,
    CollectionComplete and InsufficientPoints.
    """
    if not partner.is_active:
        raise PartnerNotActive
    game = get_game_to_play(partner=partner, game_id=game_id)
    _check_open(game, at)
    _check_shop(partner, game, shop_id, reach, is_till=actor.kind == "credential")
    if issued_card.status != IssuedCardStatus.ACTIVE:
        raise CardBlocked
    lock_player(game=game, issued_card=issued_card)
    open_play = find_active_play(game=game, issued_card_id=issued_card.pk)
    if open_play is not None and open_play.expires_at > at:
        return Started(open_play, is_new=False)
    if open_play is not None:
        expire_play(play=open_play, at=at)
    today = local_day(partner, at)
    _check_limits(partner, game, issued_card, today, at)
    play = Play(
        partner=partner,
        game=game,
        customer_id=issued_card.customer_id,
        issued_card=issued_card,
        shop_id=shop_id,
        actor_kind=actor.kind,
        actor_id=actor.id,
        server_seed=new_seed(),
        local_on=today,
        started_at=at,
        expires_at=at + timedelta(minutes=game.session_minutes),
    )
    play.seed_hash = hash_of_seed(play.server_seed)
    _deal(play, at)
    _pay(actor, play, at)
    play.save(force_insert=True)
    return Started(play, is_new=True)


def lock_player(*, game: Game, issued_card: IssuedCard) -> None:
    """Lock the card; all cards of the customer where something is limited to so many a customer."""
    ids = [issued_card.pk]
    is_limited = game.plays_per_day is not None or game.plays_per_customer is not None
    if is_limited or not game.allow_multiple_active_coupons:
        ids = cards_of_customer(customer_id=issued_card.customer_id)
    lock_cards(issued_card_ids=ids)


def _check_open(game: Game, at: datetime) -> None:
    if game.game_type == GameType.STAMPS:
        raise GameTypeMismatch
    if not is_set_up(game.game_type, game.config):
        raise GameInactive
    check_running(game=game, shop_id=None, at=at)


def _check_shop(
    partner: Partner, game: Game, shop_id: int | None, reach: frozenset[int] | None, *, is_till: bool
) -> None:
    """A till says where it stands where that matters; a person may play at home."""
    if shop_id is not None:
        check_shops(partner=partner, shop_ids=[shop_id], reach=reach)
    if (shop_id is not None or is_till) and not is_at_shop(game=game, shop_id=shop_id):
        raise GameNotAtShop


def _check_limits(partner: Partner, game: Game, issued_card: IssuedCard, today: date, at: datetime) -> None:
    if game.plays_per_day is None and game.plays_per_customer is None:
        return
    played_today, played = count_plays(game=game, customer_id=issued_card.customer_id, local_on=today)
    if game.plays_per_customer is not None and played >= game.plays_per_customer:
        raise PlaysUsedUp(limit=game.plays_per_customer)
    if game.plays_per_day is not None and played_today >= game.plays_per_day:
        raise PlayLimitReached(limit=game.plays_per_day, retry_after=_seconds_to_midnight(partner, at))


def _deal(play: Play, at: datetime) -> None:
    """Publish what can come out, and lay out what the player will uncover."""
    game, seed, key = play.game, play.server_seed, str(play.session_key)
    match game.game_type:
        case GameType.WHEEL | GameType.SCRATCH:
            offered = offered_prizes(game=game, customer_id=play.customer_id, local_on=play.local_on, at=at)
            if not offered.odds:
                raise _sold_out(play.partner, at, comes_back=DAY in offered.missing.values())
            play.odds = offered.odds
        case GameType.COLLECTION:
            items = game.config["items"]
            held = held_items(game=game, issued_card_id=play.issued_card_id)
            if not game.reset_on_complete and is_full(items, held):
                raise CollectionComplete
            play.odds = [{"key": one["key"], "name": one["name"], "weight": one.get("weight", 1)} for one in items]
        case GameType.QUIZ:
            play.odds = [{"key": one["key"]} for one in game.config["questions"]]
            order = quiz.order_of(seed, key, [one["key"] for one in play.odds])
            play.client_seed = key
            play.state = {"quiz": quiz.Quiz.started(game.config, order, at).kept()}
            play.result = {"questions": order}
        case GameType.MEMORY:
            play.odds = [{"key": one["key"]} for one in game.config["pairs"]]
            board = memory.board_of(seed, key, [one["key"] for one in play.odds])
            play.client_seed = key
            play.state = {"memory": memory.Memory.started(game.config, board, at).kept()}


def _pay(actor: Actor, play: Play, at: datetime) -> None:
    """Take what the play costs. From which lots is noted, so that points given back keep their day of expiry."""
    cost = play.game.points_cost
    if not cost:
        return
    posting = post_points(
        issued_card_id=play.issued_card_id,
        points=-cost,
        cause=Cause(EntryKind.REDEEM, f"play:{play.session_key}:cost", actor, occurred_at=at, shop_id=play.shop_id),
        at=at,
    )
    play.points_spent = cost
    play.state = {**play.state, "paid": Paid.of(posting.pieces)}


def _sold_out(partner: Partner, at: datetime, *, comes_back: bool) -> GameSoldOut:
    """The refusal; where something is only over for today, it says when to come again."""
    return GameSoldOut(retry_after=_seconds_to_midnight(partner, at)) if comes_back else GameSoldOut()


def _seconds_to_midnight(partner: Partner, at: datetime) -> int:
    zone = ZoneInfo(partner.time_zone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return _seconds_until(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone), at)


def _seconds_until(moment: datetime, at: datetime) -> int:
    return max(1, -(-(moment - at) // timedelta(seconds=1)))
