"""Games as a till sees them: what is played at a shop, and how far a card has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from cards.models import IssuedCard
from games.choices import LIVE_COUPON, GameType, PlayStatus
from games.models import Coupon, Game, GameShop, Play, StampEvent, StampProgress
from loyalty.database.prepared import fetch_row
from loyalty.errors import ResourceNotFound
from partners.models import Partner

HISTORY = 100
AVAILABLE, ACTIVE, COMPLETED = "available", "active", "completed"
_STAMPED = """
SELECT 1 FROM games_game WHERE partner_id = %s AND auto_stamp <> 'none' AND is_active AND deleted_at IS NULL LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class CardGame:
    """A game in the eyes of one card: the stamp card in hand if it is one, and how far the player has come."""

    game: Game
    status: str
    progress: StampProgress | None = None
    issued_card_id: int | None = None


def list_shop_games(
    *, partner: Partner, at: datetime, shop_id: int | None = None, game_type: str | None = None
) -> QuerySet[Game]:
    """What is or will be played, at one shop or anywhere, the newest first."""
    games = open_games(Game.objects.filter(partner=partner), at=at, game_type=game_type)
    if shop_id is not None:
        games = played_at(games, shop_id)
    return games.order_by("-pk")


def open_games(games: QuerySet[Game], *, at: datetime, game_type: str | None = None) -> QuerySet[Game]:
    """Those that are switched on and not over, all or of one type."""
    games = games.filter(Q(ends_at=None) | Q(ends_at__gt=at), deleted_at=None, is_active=True)
    return games.filter(game_type=game_type) if game_type else games


def are_sales_stamped(*, partner: Partner) -> bool:
    """Whether any game of the partner may give stamps by sales; a till waits for the answer."""
    return fetch_row(_STAMPED, (partner.pk,)) is not None


def played_at(games: QuerySet[Game], shop_id: int) -> QuerySet[Game]:
    """Those that name no shops, or this one."""
    places = GameShop.objects.filter(game=OuterRef("pk"))
    return games.filter(~Exists(places) | Exists(places.filter(shop_id=shop_id)))


def get_shop_game(*, partner: Partner, game_id: int) -> Game:
    """Raises ResourceNotFound; a game that is switched off or over is still told of."""
    game = Game.objects.filter(partner=partner, pk=game_id, deleted_at=None).first()
    if game is None:
        raise ResourceNotFound(errors={"id": [_("There is no such game.")]})
    return game


def get_held_card(*, partner: Partner, card_id: int) -> IssuedCard:
    """An issued card, blocked or not. Raises ResourceNotFound."""
    card = IssuedCard.objects.filter(partner=partner, pk=card_id).select_related("card", "customer").first()
    if card is None:
        raise ResourceNotFound(errors={"card_id": [_("There is no such card.")]})
    return card


def list_card_games(*, partner: Partner, issued_card: IssuedCard, games: list[Game]) -> list[CardGame]:
    """How far a card has come in each of these games, in two queries."""
    return games_in_hand(games, {partner.pk: issued_card.pk})


def games_in_hand(games: list[Game], cards: Mapping[int, int]) -> list[CardGame]:
    """The same for games of several partners, where `cards` is the issued card's id by partner."""
    of = {
        "partner_id__in": cards.keys(),
        "issued_card_id__in": cards.values(),
        "game_id__in": [one.pk for one in games],
    }
    stamps = {row.game_id: row for row in StampProgress.objects.filter(**of).select_related("coupon")}
    plays = dict(
        Play.objects.filter(**of).order_by("game_id", "-pk").distinct("game_id").values_list("game_id", "status")
    )
    return [
        CardGame(
            game,
            _status(game, stamps.get(game.pk), plays.get(game.pk)),
            stamps.get(game.pk),
            cards.get(game.partner_id),
        )
        for game in games
    ]


def list_stamp_events(*, partner: Partner, progress_ids: list[int]) -> dict[int, list[StampEvent]]:
    """The last events of each stamp card, the newest first."""
    events: dict[int, list[StampEvent]] = {one: [] for one in progress_ids}
    rows = StampEvent.objects.filter(partner=partner, progress_id__in=progress_ids).order_by("-pk")
    for row in rows[: HISTORY * max(1, len(progress_ids))]:
        if len(events[row.progress_id]) < HISTORY:
            events[row.progress_id].append(row)
    return events


def count_live_coupons(*, partner: Partner, issued_card: IssuedCard, at: datetime) -> int:
    """How many coupons a customer could use now."""
    coupons = Coupon.objects.filter(partner=partner, customer_id=issued_card.customer_id, status__in=LIVE_COUPON)
    return coupons.filter(Q(expires_at=None) | Q(expires_at__gt=at)).count()


def _status(game: Game, stamps: StampProgress | None, play: str | None) -> str:
    if game.game_type == GameType.STAMPS:
        return stamp_status(stamps)
    if play is None:
        return AVAILABLE
    return ACTIVE if play == PlayStatus.ACTIVE else COMPLETED


def stamp_status(stamps: StampProgress | None) -> str:
    """A card that starts again by itself counts as completed until its next stamp."""
    if stamps is None:
        return AVAILABLE
    if stamps.is_completed:
        return COMPLETED
    if stamps.current_step:
        return ACTIVE
    return COMPLETED if stamps.rounds else AVAILABLE


def history_of(
    *, partner: Partner, issued_card: IssuedCard, status: str | None = None, shop_id: int | None = None
) -> QuerySet[StampProgress]:
    """The stamp cards that somebody has begun or filled, the last touched first."""
    rows = StampProgress.objects.filter(partner=partner, issued_card=issued_card, game__deleted_at=None)
    conditions: dict[str, Any] = {
        ACTIVE: Q(is_completed=False, current_step__gt=0),
        COMPLETED: Q(is_completed=True) | Q(current_step=0, rounds__gt=0),
        AVAILABLE: Q(is_completed=False, current_step=0, rounds=0),
    }
    if status:
        rows = rows.filter(conditions[status])
    if shop_id is not None:
        rows = rows.filter(game__in=played_at(Game.objects.filter(partner=partner), shop_id))
    return rows.select_related("game", "coupon").order_by("-updated_at", "-pk")
