"""`/{locale}/shop/games`: what is played, and how far somebody has come, for tills and for customers (contract 6)."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from cards.models import IssuedCard
from customers.api.base import ShopViewSet
from games.api.shop import examples, game_answers
from games.api.shop.game_serializers import GameProgressSerializer, SeenGameSerializer
from games.api.shop.play_base import READ
from games.api.shop.till_base import READS
from games.choices import GameType
from games.models import Game
from games.selectors.own_games import find_own_card, get_own_game, list_own_games, list_own_progress
from games.selectors.plays import progress_of
from games.selectors.shop_games import (
    CardGame,
    get_held_card,
    get_shop_game,
    list_card_games,
    list_shop_games,
    list_stamp_events,
)
from loyalty.api.base import PAGE_PARAMETERS, Capability
from loyalty.api.envelope import ok
from loyalty.api.filters import ChoiceFilter, HouseFilterSet, IdFilter
from loyalty.api.forms import Reader
from loyalty.api.schema import document
from loyalty.errors import InsufficientPermissions, ResourceNotFound, ValidationFailed
from partners.errors import PartnerNotFound
from partners.models import Partner
from partners.selectors.shops import check_shops

SEES = (*READS, InsufficientPermissions)
CARD_ID = OpenApiParameter(
    "card_id",
    int,
    description="The issued card whose progress to show. Customers need not name it: then it is their oldest card "
    "at the game's partner that works.",
)
OWN = "With API credentials the partner's, with a customer token those of every partner whose customer one is"


class GameFilters(HouseFilterSet):
    """Which games; they only read the query, the selector does the filtering."""

    shop_id = IdFilter(method="read", help_text="Played at this shop.")
    type = ChoiceFilter(choices=GameType, method="read", help_text="Only games of this type.")
    partner_id = IdFilter(method="read", help_text="One of the partners that the caller may see.")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class ShopGameViewSet(ShopViewSet):
    """Games of the partner for a till; for a customer those of their partners, with their own progress."""

    capabilities: ClassVar[Mapping[str, Capability]] = dict.fromkeys(("list", "retrieve", "progress"), READ)
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "list": PAGE_PARAMETERS | GameFilters.names(),
        "retrieve": frozenset({"card_id"}),
        "progress": frozenset({"card_id"}),
    }
    page_cap = 100

    @document(
        "List games of a shop",
        description=f"What is or will be played; games that are switched off or over are left out. {OWN}, each with "
        "one's own progress.",
        answer=SeenGameSerializer,
        many=True,
        paginated=True,
        parameters=GameFilters.described(),
        raises=(*SEES, PartnerNotFound),
        example=[examples.GAME],
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        games = self._games(GameFilters(request.query_params, Game.objects.none()))
        rows, meta = games[page.offset : page.offset + page.size], page.meta(games.count())
        if self.person is None:
            return ok([game_answers.game_answer(game, self._partner) for game in rows], meta=meta)
        return ok(_seen(list_own_progress(person=self.person, games=[*rows])), meta=meta)

    @document(
        "Get a game",
        answer=SeenGameSerializer,
        parameters=[CARD_ID],
        raises=SEES,
        example=examples.CARD_GAME,
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        game, card = self._game_and_card(pk, _card_id(request))
        if card is not None:
            return ok(_seen(list_card_games(partner=game.partner, issued_card=card, games=[game]))[0])
        if self.person is None:
            return ok(game_answers.game_answer(game, self._partner))
        return ok(_seen(list_own_progress(person=self.person, games=[game]))[0])

    @document(
        "Get a card's progress in a game",
        description="A till names the card; customers may leave it out.",
        answer=GameProgressSerializer,
        parameters=[CARD_ID],
        raises=SEES,
        example=examples.PROGRESS,
    )
    def progress(self, request: Request, locale: str, pk: int) -> Response:
        card_id = _card_id(request)
        if card_id is None and self.person is None:
            raise ValidationFailed(errors={"card_id": [_("This field is required.")]})
        game, card = self._game_and_card(pk, card_id)
        if card is None:
            raise ResourceNotFound(errors={"card_id": [_("There is no such card.")]})
        partner = game.partner
        (row,) = list_card_games(partner=partner, issued_card=card, games=[game])
        history = []
        if row.progress is not None:
            history = list_stamp_events(partner=partner, progress_ids=[row.progress.pk])[row.progress.pk]
        answer = game_answers.game_progress_answer(row, partner, history)
        return ok(answer if game.game_type == GameType.STAMPS else {**answer, **progress_of(game, card, self.now)})

    def _games(self, wanted: GameFilters) -> QuerySet[Game]:
        shop_id, game_type, partner_id = (wanted.value(name) for name in ("shop_id", "type", "partner_id"))
        if self.person is not None:
            return list_own_games(
                person=self.person,
                partner=self.partner,
                at=self.now,
                partner_id=partner_id,
                shop_id=shop_id,
                game_type=game_type,
            )
        if partner_id not in {None, self._partner.pk}:
            raise PartnerNotFound
        return list_shop_games(partner=self._partner, at=self.now, shop_id=self._shop(shop_id), game_type=game_type)

    def _game_and_card(self, game_id: int, card_id: int | None) -> tuple[Game, IssuedCard | None]:
        if self.person is not None:
            game = get_own_game(person=self.person, partner=self.partner, game_id=game_id)
            return game, find_own_card(person=self.person, game=game, card_id=card_id)
        game = get_shop_game(partner=self._partner, game_id=game_id)
        game.partner = self._partner
        return game, None if card_id is None else get_held_card(partner=self._partner, card_id=card_id)

    def _shop(self, shop_id: int | None) -> int | None:
        if shop_id is None:
            return None if self.credential is None else self.credential.shop_id
        check_shops(partner=self._partner, shop_ids=[shop_id], reach=self.shop_ids)
        return shop_id

    @property
    def _partner(self) -> Partner:
        assert self.partner is not None
        return self.partner


def _seen(rows: Iterable[CardGame]) -> list[dict[str, Any]]:
    return [game_answers.card_game_answer(row, row.game.partner) for row in rows]


def _card_id(request: Request) -> int | None:
    reader = Reader({name: value for name, value in request.query_params.items() if value})
    found = reader.identifier("card_id")
    reader.finish()
    return found
