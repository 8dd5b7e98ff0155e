"""Reading the games of a partner."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from games.choices import GameType, PlayStatus
from games.models import CollectedItem, Coupon, Game, GameProduct, GameShop, Play, Prize, StampProgress
from games.rules.config import LISTS, WITH_PRIZES, is_ready
from games.selectors.coupons import of_status
from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from partners.models import Partner, Product


@dataclass(frozen=True, slots=True)
class GameRow:
    """A game in a list."""

    game: Game
    total_players: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """Who plays a game: customers ever, plays (or stamp cards) going on, and those that were completed."""

    total_players: int = 0
    active: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class GameDetail:
    """A game with all that belongs to it."""

    game: Game
    shop_ids: Sequence[int]
    product_ids: Sequence[int]
    prizes: Sequence[Prize]
    sessions: Sessions
    is_ready: bool


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item of a collection; `found` of it in all, by `holders` cards; `chance` is its share of the weights."""

    item: Mapping[str, Any]
    chance: float
    found: int
    holders: int


def games_of(partner: Partner) -> QuerySet[Game]:
    """The games of a partner that are not deleted."""
    return Game.objects.filter(partner=partner, deleted_at=None)


def list_games(*, partner: Partner, filtered: QuerySet[Game], page: Page) -> tuple[list[GameRow], int]:
    """One page of games with their players, newest first, and how many there are."""
    rows = filtered.filter(partner=partner)
    shown = list(rows.order_by("-pk")[page.offset : page.offset + page.size])
    players = count_players(partner=partner, games=shown)
    return [GameRow(game, players.get(game.pk, 0)) for game in shown], rows.count()


def find_game(*, partner: Partner, game_id: int) -> Game:
    """One game alone. Raises ResourceNotFound, for another partner's and for a deleted one too."""
    game = games_of(partner).filter(pk=game_id).first()
    if game is None:
        raise ResourceNotFound
    return game


def get_game(*, partner: Partner, game_id: int, at: datetime) -> GameDetail:
    """One game with everything. Raises ResourceNotFound."""
    game = find_game(partner=partner, game_id=game_id)
    prizes = list_prizes(game=game)
    return GameDetail(
        game=game,
        shop_ids=shop_ids_of(game),
        product_ids=product_ids_of(game),
        prizes=prizes,
        sessions=count_sessions(partner=partner, game=game, at=at),
        is_ready=is_ready(game.game_type, game.config, has_prizes=any(prize.weight for prize in prizes)),
    )


def ready_games(games: QuerySet[Game]) -> QuerySet[Game]:
    """Those that can be played: they have prizes, questions, pairs or items, where their type needs some."""
    prizes = Prize.objects.filter(game=OuterRef("pk"), is_active=True, weight__gt=0)
    listed: Any = Q(game_type=GameType.STAMPS) | (Q(game_type__in=WITH_PRIZES) & Exists(prizes))
    for game_type, lists in LISTS.items():
        for name in lists:
            filled = Q(config__has_key=name) & ~Q(**{f"config__{name}": []})
            listed |= Q(game_type=game_type) & filled
    return games.filter(listed)


def list_prizes(*, game: Game) -> list[Prize]:
    """What can be won now, in the partner's order."""
    return list(Prize.objects.filter(game=game, is_active=True).order_by("position"))


def shop_ids_of(game: Game) -> list[int]:
    """Where a game is played; empty means everywhere."""
    return sorted(GameShop.objects.filter(game=game).values_list("shop_id", flat=True))


def product_ids_of(game: Game) -> list[int]:
    """What its winners may choose from, as far as it is still sold."""
    links = GameProduct.objects.filter(game=game, product__deleted_at=None)
    return sorted(links.values_list("product_id", flat=True))


def check_products(*, partner: Partner, product_ids: Iterable[int]) -> None:
    """Raises ResourceNotFound unless all are products of this partner."""
    wanted = set(product_ids)
    known = Product.objects.filter(partner=partner, deleted_at=None, pk__in=wanted).count()
    if known != len(wanted):
        raise ResourceNotFound(errors={"product_ids": [_("There is no such product.")]})


def count_players(*, partner: Partner, games: Iterable[Game]) -> dict[int, int]:
    """Customers who ever played, or hold a stamp card, for each of these games that has any."""
    ids = {True: [], False: []}  # type: dict[bool, list[int]]
    for game in games:
        ids[game.game_type == GameType.STAMPS].append(game.pk)
    counted: dict[int, int] = {}
    if ids[False]:
        plays = Play.objects.filter(partner=partner, game_id__in=ids[False]).order_by()
        counted |= dict(plays.values_list("game").annotate(Count("customer", distinct=True)))
    if ids[True]:
        cards = StampProgress.objects.filter(partner=partner, game_id__in=ids[True]).order_by()
        counted |= dict(cards.values_list("game").annotate(Count("issued_card__customer", distinct=True)))
    return counted


def count_sessions(*, partner: Partner, game: Game, at: datetime) -> Sessions:
    """Of a stamp game: customers with a card, cards that are not full, and cards that were filled."""
    if game.game_type == GameType.STAMPS:
        cards = StampProgress.objects.filter(partner=partner, game=game).aggregate(
            players=Count("issued_card__customer", distinct=True),
            active=Count("pk", filter=Q(is_completed=False, current_step__gt=0)),
            completed=Sum("rounds", default=0),
        )
        return Sessions(cards["players"], cards["active"], cards["completed"])
    plays = Play.objects.filter(partner=partner, game=game).aggregate(
        players=Count("customer", distinct=True),
        active=Count("pk", filter=Q(status=PlayStatus.ACTIVE, expires_at__gt=at)),
        completed=Count("pk", filter=Q(status=PlayStatus.COMPLETED)),
    )
    return Sessions(plays["players"], plays["active"], plays["completed"])


def count_several_live_coupons(*, partner: Partner, game: Game, at: datetime) -> tuple[int, int]:
    """Live coupons of a game in the hands of customers who hold several of them, and how many customers that are."""
    held = Coupon.objects.filter(partner=partner, game=game, customer__isnull=False)
    holders = (
        of_status(held, "active", at).order_by().values("customer").annotate(coupons=Count("pk")).filter(coupons__gt=1)
    )
    found = holders.aggregate(total=Sum("coupons", default=0), people=Count("customer"))
    return found["total"], found["people"]


def list_collection_items(*, partner: Partner, game: Game) -> list[FoundItem]:
    """The items of a collection, and how often each was found."""
    items = game.config.get("items") or []
    total = sum(item["weight"] for item in items)
    rows = (
        CollectedItem.objects.filter(partner=partner, game=game)
        .order_by()
        .values_list("item")
        .annotate(Sum("quantity"), Count("pk"))
    )
    found = {item: (quantity, holders) for item, quantity, holders in rows}
    return [
        FoundItem(item, round(item["weight"] / total, 6) if total else 0.0, *found.get(item["key"], (0, 0)))
        for item in items
    ]
