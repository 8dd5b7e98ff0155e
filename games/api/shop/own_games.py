"""`/{locale}/games…`: games and plays as the customer's app reaches them without `/shop` (contract 15)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.shop import examples as game_examples
from games.api.shop.game_answers import card_game_answer, game_answer
from games.api.shop.game_serializers import CardGameSerializer, ShopGameSerializer
from games.api.shop.play_base import CARD, PlayViewSet
from games.api.shop.play_sessions import GameSessionViewSet
from games.api.shop.plays import GamePlayViewSet, IdOfCard
from games.choices import GameType
from games.models import Play
from games.selectors.plays import get_card_of_player, get_game_to_play, list_games_of_player, progress_of
from games.selectors.shop_games import list_card_games
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.envelope import ok
from loyalty.api.filters import ChoiceFilter, HouseFilterSet
from loyalty.api.schema import document
from loyalty.errors import InsufficientPermissions, ResourceNotFound, ValidationFailed

REFUSED = (InsufficientPermissions, ValidationFailed, ResourceNotFound)


class OwnGameFilters(HouseFilterSet):
    type = ChoiceFilter(choices=GameType, field_name="game_type", help_text="Only games of this type.")


class PlayProgressSerializer(serializers.Serializer):
    """How far a card is in a game that is played in turns; a collection shows its items too."""

    plays = serializers.IntegerField()
    plays_completed = serializers.IntegerField()
    plays_won = serializers.IntegerField()
    active_session = serializers.CharField(allow_null=True)
    completed = serializers.BooleanField()
    items = serializers.ListField(child=serializers.DictField(), required=False)
    pieces_needed = serializers.IntegerField(required=False)
    pieces_held = serializers.IntegerField(required=False)


class OwnGameViewSet(PlayViewSet):
    """Games of the partners whose cards a person holds."""

    capabilities: ClassVar[Mapping[str, str]] = dict.fromkeys(("list", "retrieve", "progress"), "customer.self")
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "list": PAGE_PARAMETERS | OwnGameFilters.names(),
        "retrieve": frozenset({"card_id"}),
        "progress": frozenset({"card_id"}),
    }
    ignores_unknown_parameters = False

    @document(
        "List my games",
        description="What is or will be played where the person holds a card.",
        answer=ShopGameSerializer,
        many=True,
        paginated=True,
        parameters=OwnGameFilters.described(),
        raises=REFUSED,
        example=[game_examples.GAME],
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        games = list_games_of_player(player=self.player, at=self.now)
        games = OwnGameFilters(request.query_params, games).narrowed
        rows = games[page.offset : page.offset + page.size]
        return ok([game_answer(game, game.partner) for game in rows], meta=page.meta(games.count()))

    @document(
        "Get one of my games",
        answer=CardGameSerializer,
        parameters=[CARD],
        raises=REFUSED,
        example=game_examples.CARD_GAME,
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        card, game = self._card_and_game(request, pk)
        (row,) = list_card_games(partner=card.partner, issued_card=card, games=[game])
        return ok(card_game_answer(row, card.partner))

    @document(
        "Get my progress in a game",
        answer=PlayProgressSerializer,
        parameters=[CARD],
        raises=REFUSED,
        example={"plays": 3, "plays_completed": 2, "plays_won": 1, "active_session": None, "completed": True},
    )
    def progress(self, request: Request, locale: str, pk: int) -> Response:
        card, game = self._card_and_game(request, pk)
        return ok(progress_of(game, card))

    def _card_and_game(self, request: Request, game_id: int) -> tuple[Any, Any]:
        wanted = IdOfCard(request.query_params, Play.objects.none()).value("card_id")
        card = get_card_of_player(player=self.player, card_id=wanted, game_id=game_id)
        return card, get_game_to_play(partner=card.partner, game_id=game_id)


class OwnPlayViewSet(GamePlayViewSet):
    """The same calls as under `/shop`, for a person only."""

    capabilities: ClassVar[Mapping[str, str | tuple[str, ...]]] = dict.fromkeys(
        GamePlayViewSet.capabilities, "customer.self"
    )
    ignores_unknown_parameters = False


class OwnSessionViewSet(GameSessionViewSet):
    """The same history as under `/shop`, for a person only."""

    capabilities: ClassVar[Mapping[str, str | tuple[str, ...]]] = dict.fromkeys(
        GameSessionViewSet.capabilities, "customer.self"
    )
    ignores_unknown_parameters = False
