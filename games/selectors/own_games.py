"""Games as persons see them: those of the partners whose customers they are, with their own progress."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.models import IssuedCard
from customers.models import Person
from customers.selectors.persons import list_customers_of_person
from games.models import Game, Play, StampProgress
from games.selectors.shop_games import CardGame, games_in_hand, open_games, played_at
from loyalty.errors import ResourceNotFound
from partners.choices import PartnerStatus
from partners.errors import PartnerNotFound
from partners.models import Partner


def list_own_games(
    *,
    person: Person,
    partner: Partner | None,
    at: datetime,
    partner_id: int | None = None,
    shop_id: int | None = None,
    game_type: str | None = None,
) -> QuerySet[Game]:
    """What is or will be played, at all partners of a person or at the one `partner`, the newest first.

    Raises PartnerNotFound where `partner_id` is none of them.
    """
    partners = _partners(person, partner)
    if partner_id is not None:
        partners = partners.filter(pk=partner_id)
        if not partners.exists():
            raise PartnerNotFound
    games = open_games(Game.objects.filter(partner__in=partners.values("pk")), at=at, game_type=game_type)
    if shop_id is not None:
        games = played_at(games.filter(partner__shops=shop_id), shop_id)
    return games.select_related("partner").order_by("-pk")


def get_own_game(*, person: Person, partner: Partner | None, game_id: int) -> Game:
    """One game: switched on, or one that the person has played. Raises ResourceNotFound."""
    stamps = StampProgress.objects.filter(game=OuterRef("pk"), issued_card__customer__person=person)
    plays = Play.objects.filter(game=OuterRef("pk"), customer__person=person)
    games = Game.objects.filter(partner__in=_partners(person, partner).values("pk"), pk=game_id, deleted_at=None)
    game = games.filter(Q(is_active=True) | Exists(stamps) | Exists(plays)).select_related("partner").first()
    if game is None:
        raise ResourceNotFound(errors={"id": [_("There is no such game.")]})
    return game


def find_own_card(*, person: Person, game: Game, card_id: int | None) -> IssuedCard | None:
    """The person's card at the game's partner: the one named, else the one that `own_cards` takes.

    None where they hold none. Raises ResourceNotFound where the one named is not theirs.
    """
    if card_id is None:
        card_id = own_cards(person=person, games=[game]).get(game.partner_id)
        if card_id is None:
            return None
    cards = IssuedCard.objects.filter(partner_id=game.partner_id, customer__person=person, pk=card_id)
    card = cards.select_related("card", "customer", "partner").first()
    if card is None:
        raise ResourceNotFound(errors={"card_id": [_("There is no such card.")]})
    return card


def own_cards(*, person: Person, games: Sequence[Game]) -> Mapping[int, int]:
    """By partner of these games, the card that a person plays with: the oldest that works, else the oldest."""
    works = Case(When(status=IssuedCardStatus.ACTIVE, then=Value(0)), default=Value(1))
    cards = IssuedCard.objects.filter(customer__person=person, partner_id__in={game.partner_id for game in games})
    chosen = cards.order_by("partner_id", works, "pk").distinct("partner_id")
    return dict(chosen.values_list("partner_id", "pk"))


def list_own_progress(*, person: Person, games: list[Game]) -> list[CardGame]:
    """How far a person's cards have come in each of these games, in three queries."""
    return games_in_hand(games, own_cards(person=person, games=games))


def _partners(person: Person, partner: Partner | None) -> QuerySet[Partner]:
    mine = list_customers_of_person(person=person, partner=partner).values("partner_id")
    return Partner.objects.filter(pk__in=mine, status=PartnerStatus.ACTIVE)
