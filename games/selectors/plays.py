"""Finding plays, and how far somebody is in a game."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.models import Card, IssuedCard
from customers.models import Person
from games.choices import GameType, PlayStatus
from games.models import CollectedItem, Game, Play
from games.rules import collection
from games.rules.texts import localized
from loyalty.errors import ResourceNotFound
from partners.models import Partner, Shop
from partners.selectors.rows import columns_of, read_instance

# A play that ended before anything was drawn or shown counts for no limit.
UNPLAYED = Q(status__in=(PlayStatus.CANCELLED, PlayStatus.EXPIRED), result={})

_TO_SPIN = f"""
SELECT {columns_of(Play, "p")}, {columns_of(Game, "g")}, {columns_of(IssuedCard, "i")}, {columns_of(Card, "c")}
FROM games_play p
JOIN games_game g ON g.id = p.game_id
JOIN cards_issuedcard i ON i.id = p.issued_card_id
JOIN cards_card c ON c.id = i.card_id
WHERE p.session_key = %s AND p.game_id = %s AND p.partner_id = %s AND p.status = 'active'
"""


@dataclass(frozen=True, slots=True)
class Player:
    """Who asks: a partner's system (`partner`), a person for themselves, or a person at one partner (both)."""

    partner: Partner | None
    person: Person | None = None

    def among(self, rows: QuerySet[Any], customer: str = "customer") -> QuerySet[Any]:
        """The rows with a `partner` and a customer that this caller may see."""
        if self.partner is not None:
            rows = rows.filter(partner=self.partner)
        if self.person is not None:
            rows = rows.filter(**{f"{customer}__person": self.person})
        return rows if self.partner is not None or self.person is not None else rows.none()


def local_day(partner: Partner, at: datetime) -> date:
    """The partner's day at a moment."""
    return at.astimezone(ZoneInfo(partner.time_zone)).date()


def get_card_of_player(*, player: Player, card_id: int | None, game_id: int) -> IssuedCard:
    """The card to play with: the one named, else the person's oldest working card at the game's partner.

    Raises ResourceNotFound.
    """
    cards = player.among(IssuedCard.objects.select_related("card", "partner", "customer"))
    if card_id is not None:
        issued = cards.filter(pk=card_id).first()
    elif player.person is not None:
        partners = Game.objects.filter(pk=game_id, deleted_at=None).values("partner")
        owned = cards.filter(partner__in=partners, status=IssuedCardStatus.ACTIVE)
        issued = owned.order_by("pk").first()
        if issued is None:
            # As where there is no such game at all.
            raise ResourceNotFound
    else:
        issued = None
    if issued is None:
        raise ResourceNotFound(errors={"card_id": [_("There is no such card.")]})
    return issued


def get_game_to_play(*, partner: Partner, game_id: int) -> Game:
    """One game. Raises ResourceNotFound, for another partner's and for a deleted one too."""
    game = Game.objects.select_related("partner").filter(partner=partner, pk=game_id, deleted_at=None).first()
    if game is None:
        raise ResourceNotFound
    return game


def get_play(*, player: Player, session_key: uuid.UUID, game_id: int | None = None) -> Play:
    """One play of this caller's. Raises ResourceNotFound."""
    rows = player.among(shown_plays(Play.objects.filter(session_key=session_key)))
    play = (rows if game_id is None else rows.filter(game_id=game_id)).first()
    if play is None:
        raise ResourceNotFound
    return play


def find_play_to_spin(*, partner: Partner, session_key: uuid.UUID, game_id: int) -> Play | None:
    """An open play of this partner's, for the short way: the same rows as `get_play`, without putting a query together.

    None: look for it the long way.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TO_SPIN, [session_key, game_id, partner.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    play, game = read_instance(Play, values), read_instance(Game, values)
    issued, card = read_instance(IssuedCard, values), read_instance(Card, values)
    play.game, play.issued_card, play.partner, game.partner, issued.card = game, issued, partner, partner, card
    return play


def get_play_across_partners(*, session_key: uuid.UUID) -> Play:
    """A play for somebody who only knows its key. Raises ResourceNotFound."""
    play = Play.objects.select_related("game__partner").filter(session_key=session_key).first()
    if play is None:
        raise ResourceNotFound
    return play


def list_partner_ids_with_due_plays_across_partners(*, at: datetime) -> list[int]:
    """Partners with open plays whose time is over."""
    due = Play.objects.filter(status=PlayStatus.ACTIVE, expires_at__lte=at)
    return list(due.order_by("partner_id").values_list("partner_id", flat=True).distinct())


def list_plays(*, player: Player) -> QuerySet[Play]:
    """All plays of this caller's, the newest first."""
    return player.among(shown_plays(Play.objects.all())).order_by("-pk")


def shown_plays(rows: QuerySet[Play]) -> QuerySet[Play]:
    """With all that an answer shows."""
    return rows.select_related("game", "partner", "prize", "coupon", "issued_card__card")


def find_active_play(*, game: Game, issued_card_id: int) -> Play | None:
    """The open play of a card; it may be over by the clock."""
    return (
        shown_plays(Play.objects.all())
        .filter(game=game, issued_card_id=issued_card_id, status=PlayStatus.ACTIVE)
        .first()
    )


def count_plays(*, game: Game, customer_id: int, local_on: date) -> tuple[int, int]:
    """How often a customer played: on this day, and ever."""
    played = Play.objects.filter(game=game, customer_id=customer_id).exclude(UNPLAYED)
    found = played.aggregate(today=Count("pk", filter=Q(local_on=local_on)), ever=Count("pk"))
    return found["today"], found["ever"]


def cards_of_customer(*, customer_id: int) -> list[int]:
    """Every issued card of a customer, for limits that hold over all of them."""
    return list(IssuedCard.objects.filter(customer_id=customer_id).order_by("pk").values_list("pk", flat=True))


def is_at_shop(*, game: Game, shop_id: int | None) -> bool:
    """Whether the game is played there: at a game of some shops it must be one of them."""
    places: Sequence[Shop] | QuerySet[Shop] = game.shops.all()
    ids = {shop.pk for shop in places}
    return not ids or shop_id in ids


def held_items(*, game: Game, issued_card_id: int) -> dict[str, int]:
    """What a card has collected in a game, by item."""
    rows = CollectedItem.objects.filter(game=game, issued_card_id=issued_card_id)
    return dict(rows.values_list("item", "quantity"))


def progress_of(game: Game, issued_card: IssuedCard, at: datetime) -> dict[str, Any]:
    """How far a card is in a game that is played in turns (every type but stamps)."""
    plays = Play.objects.filter(game=game, issued_card=issued_card).exclude(UNPLAYED)
    found = plays.aggregate(
        plays=Count("pk"),
        completed=Count("pk", filter=Q(status=PlayStatus.COMPLETED)),
        won=Count("pk", filter=Q(coupon__isnull=False) | Q(points_won__gt=0)),
    )
    active = find_active_play(game=game, issued_card_id=issued_card.pk)
    answer: dict[str, Any] = {
        "plays": found["plays"],
        "plays_completed": found["completed"],
        "plays_won": found["won"],
        "active_session": None if active is None or active.expires_at <= at else str(active.session_key),
        "completed": found["completed"] > 0,
    }
    if game.game_type == GameType.COLLECTION:
        answer.update(collection_of(game, issued_card.pk))
    return answer


def collection_of(game: Game, issued_card_id: int) -> dict[str, Any]:
    """What is collected of what is needed."""
    items, held = game.config.get("items", []), held_items(game=game, issued_card_id=issued_card_id)
    language = game.partner.default_language
    shown = collection.shown_items(items, held)
    return {
        "items": [
            {
                **item,
                **{name: localized(item[name], default_language=language) for name in ("name", "hint") if item[name]},
            }
            for item in shown
        ],
        **collection.progress(items, held),
        "completed": collection.is_full(items, held),
    }
