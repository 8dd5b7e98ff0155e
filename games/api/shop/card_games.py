"""`/{locale}/shop/cards/{id}/games`: games in the eyes of one issued card (contract 6)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.shop import examples, game_answers
from games.api.shop.game_serializers import CardGameSerializer, GameHistorySerializer
from games.api.shop.till_base import READS, GamesTillViewSet
from games.choices import GameType
from games.models import Game
from games.selectors.shop_games import (
    ACTIVE,
    AVAILABLE,
    COMPLETED,
    get_held_card,
    history_of,
    list_card_games,
    list_shop_games,
    list_stamp_events,
)
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.envelope import ok
from loyalty.api.filters import ChoiceFilter, HouseFilterSet, IdFilter
from loyalty.api.pagination import read_page
from loyalty.api.schema import document


class CardGameFilters(HouseFilterSet):
    """Which games of a card; they only read the query, the selector does the filtering."""

    shop_id = IdFilter(method="read", help_text="Played at this shop.")
    type = ChoiceFilter(choices=GameType, method="read", help_text="Only games of this type.")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class HistoryFilters(HouseFilterSet):
    """Which lines of its history."""

    shop_id = IdFilter(method="read", help_text="Played at this shop.")
    status = ChoiceFilter(choices=[(word, word) for word in (AVAILABLE, ACTIVE, COMPLETED)], method="read")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows


class CardGameViewSet(GamesTillViewSet):
    """Games in the eyes of one issued card."""

    capabilities: ClassVar[Mapping[str, str]] = {"list": "till.read", "history": "till.read"}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "list": CardGameFilters.names(),
        "history": HistoryFilters.names() | PAGE_PARAMETERS,
    }
    page_cap = 100
    most_games: ClassVar[int] = 200

    @document(
        "List games of a card",
        answer=CardGameSerializer,
        many=True,
        parameters=CardGameFilters.described(),
        raises=READS,
        example=[examples.CARD_GAME],
    )
    def list(self, request: Request, locale: str, pk: int) -> Response:
        wanted = CardGameFilters(request.query_params, Game.objects.none())
        card = get_held_card(partner=self.partner, card_id=pk)
        games = list_shop_games(
            partner=self.partner,
            at=self.now,
            shop_id=self.shop_within_reach(wanted.value("shop_id")),
            game_type=wanted.value("type"),
        )
        rows = list_card_games(partner=self.partner, issued_card=card, games=[*games[: self.most_games]])
        return ok([game_answers.card_game_answer(row, self.partner) for row in rows])

    @document(
        "List the game history of a card",
        description="`meta` is there only where `page` or `per_page` is asked for.",
        answer=GameHistorySerializer,
        many=True,
        parameters=[
            *HistoryFilters.described(),
            OpenApiParameter("page", int, description="Page, from 1."),
            OpenApiParameter("per_page", int, description="Rows a page; above the cap it is clamped."),
        ],
        raises=READS,
        example=[examples.HISTORY],
    )
    def history(self, request: Request, locale: str, pk: int) -> Response:
        wanted = HistoryFilters(request.query_params, Game.objects.none())
        is_paged = any(request.query_params.get(name) for name in PAGE_PARAMETERS)
        page = read_page(request.query_params, default=self.page_default if is_paged else self.page_cap, cap=100)
        card = get_held_card(partner=self.partner, card_id=pk)
        rows = history_of(
            partner=self.partner,
            issued_card=card,
            status=wanted.value("status"),
            shop_id=self.shop_within_reach(wanted.value("shop_id")),
        )
        shown = [*rows[page.offset : page.offset + page.size]]
        events = list_stamp_events(partner=self.partner, progress_ids=[row.pk for row in shown])
        answer = [game_answers.history_answer(row, self.partner, events[row.pk]) for row in shown]
        return ok(answer, meta=page.meta(rows.count()) if is_paged else None)
