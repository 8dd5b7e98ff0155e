"""What every address of plays shares: who plays, which play is meant, how a turn is told."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from cards.errors import CardBlocked
from customers.api.base import ShopViewSet
from games.errors import GameTypeMismatch, PlayNotActive
from games.models import Play
from games.selectors.plays import Player, get_play
from games.services.turns import Turn
from loyalty.api.envelope import ok
from loyalty.errors import ResourceExpired, ResourceNotFound, ValidationFailed
from partners.errors import PartnerNotActive, ScopeInsufficient

READ = ("till.read", "customer.self")
PLAY = ("till.sell", "customer.self")
REFUSED = (ScopeInsufficient, ValidationFailed, ResourceNotFound)
TURN = (*REFUSED, GameTypeMismatch, ResourceExpired, PlayNotActive, CardBlocked, PartnerNotActive)
CARD = OpenApiParameter("card_id", int, description="Issued card; a customer with one card may leave it out.")
KEY = OpenApiParameter("session_key", str, description="As `start` answered it.", required=True)


class PlayViewSet(ShopViewSet):
    """What both addresses share: who plays, and which play is meant."""

    @property
    def player(self) -> Player:
        return Player(self.partner, self.person)

    def play_of(self, session_key: uuid.UUID, game_id: int | None = None) -> Play:
        return get_play(player=self.player, session_key=session_key, game_id=game_id)

    @staticmethod
    def told(turn: Turn, data: Any) -> Response:
        """The answer to a turn; one that was made before says so."""
        answer = ok(data)
        if turn.is_replay:
            answer.headers["Idempotency-Replayed"] = "true"
        return answer
