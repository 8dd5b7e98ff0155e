"""`/{locale}/shop/game-sessions…`: what was played."""

import uuid
from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from cards.errors import CardBlocked
from games.api.shop import play_examples as examples
from games.api.shop.play_answers import play_answer
from games.api.shop.play_base import PLAY, READ, REFUSED, PlayViewSet
from games.api.shop.play_serializers import PlaySerializer
from games.choices import PlayStatus
from games.errors import PlayNotActive
from games.selectors.plays import list_plays
from games.services.claims import cancel_play
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.envelope import ok
from loyalty.api.filters import ChoiceFilter, HouseFilterSet, IdFilter
from loyalty.api.schema import document
from loyalty.errors import ResourceExpired, ResourceNotFound, ValidationFailed
from partners.errors import ScopeInsufficient


class SessionFilters(HouseFilterSet):
    """Filters of the history."""

    card_id = IdFilter(field_name="issued_card_id", help_text="Issued card.")
    game_id = IdFilter(field_name="game_id")
    status = ChoiceFilter(choices=PlayStatus)


class GameSessionViewSet(PlayViewSet):
    """What was played."""

    capabilities: ClassVar[Mapping[str, str | tuple[str, ...]]] = {"list": READ, "retrieve": READ, "cancel": PLAY}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"list": PAGE_PARAMETERS | SessionFilters.names()}

    @document(
        "List game sessions",
        answer=PlaySerializer,
        many=True,
        paginated=True,
        parameters=SessionFilters.described(),
        raises=REFUSED,
        example=[examples.WON],
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        rows = SessionFilters(request.query_params, list_plays(player=self.player)).narrowed
        shown = [play_answer(play) for play in rows[page.offset : page.offset + page.size]]
        return ok(shown, meta=page.meta(rows.count()))

    @document(
        "Get a game session", answer=PlaySerializer, raises=(ScopeInsufficient, ResourceNotFound), example=examples.WON
    )
    def retrieve(self, request: Request, locale: str, session_key: uuid.UUID) -> Response:
        return ok(play_answer(self.play_of(session_key)))

    @document(
        "Cancel a game session",
        description="Before anything was drawn or shown, the points of the play come back and it counts for no limit.",
        answer=PlaySerializer,
        raises=(ScopeInsufficient, ValidationFailed, ResourceNotFound, ResourceExpired, PlayNotActive, CardBlocked),
        example={**examples.PLAY, "status": "cancelled", "points_spent": 0},
    )
    def cancel(self, request: Request, locale: str, session_key: uuid.UUID) -> Response:
        self.validated(Serializer)
        turn = cancel_play(actor=self.actor, play=self.play_of(session_key), at=self.now)
        return self.told(turn, play_answer(turn.play))
