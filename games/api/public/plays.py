"""`GET /{locale}/games/plays/{session_key}/verify`: anybody may compute a play again (docs/fair-draws.md)."""

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.shop.play_answers import odds_answer
from games.api.shop.play_examples import PLAY, WON
from games.api.shop.play_serializers import ChanceSerializer
from games.choices import GameType, PlayStatus
from games.rules.draws import ALGORITHM
from games.rules.verification import Evidence, published, verify
from games.selectors.plays import get_play_across_partners
from loyalty.api.base import PublicViewSet
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound

OPEN_FIELDS = ("session_key", "game_type", "status", "odds", "seed_hash")


class VerificationSerializer(serializers.Serializer):
    """What was promised before the draw, and after it what it came to. Nothing here tells who played."""

    session_key = serializers.UUIDField()
    game_type = serializers.ChoiceField(GameType.choices)
    status = serializers.ChoiceField(PlayStatus.choices)
    algorithm = serializers.CharField()
    seed_hash = serializers.CharField()
    odds = ChanceSerializer(many=True)
    server_seed = serializers.CharField(allow_null=True, help_text="Null until the play is over.")
    client_seed = serializers.CharField(allow_null=True)
    counter = serializers.IntegerField(allow_null=True, help_text="Of the number that decided, from 0.")
    result = serializers.DictField(allow_null=True)
    recomputed = serializers.DictField(allow_null=True, help_text="The result, computed again for this answer.")
    matches = serializers.BooleanField(allow_null=True)


class PlayVerificationViewSet(PublicViewSet):
    """A play in the open."""

    capabilities = {"verify": "public"}

    @document(
        "Verify a play",
        description="Before the play is over only the hash and the odds; afterwards all that computing it needs.",
        answer=VerificationSerializer,
        raises=(ResourceNotFound,),
        example={
            **{name: WON[name] for name in (*OPEN_FIELDS, "server_seed", "client_seed", "result")},
            "odds": PLAY["odds"],
            "algorithm": ALGORITHM,
            "counter": 0,
            "recomputed": WON["result"],
            "matches": True,
        },
        public=True,
    )
    def verify(self, request: Request, locale: str, session_key: uuid.UUID) -> Response:
        play = get_play_across_partners(session_key=session_key)
        answer: dict[str, Any] = {
            "session_key": str(play.session_key),
            "game_type": play.game.game_type,
            "status": play.status,
            "algorithm": ALGORITHM,
            "seed_hash": play.seed_hash,
            "odds": odds_answer(play, play.game.partner.default_language),
            **dict.fromkeys(("server_seed", "client_seed", "counter", "result", "recomputed", "matches")),
        }
        if play.status != PlayStatus.ACTIVE:
            verdict = verify(
                Evidence(
                    game_type=play.game.game_type,
                    seed_hash=play.seed_hash,
                    server_seed=play.server_seed,
                    client_seed=play.client_seed,
                    odds=play.odds,
                    result=play.result,
                )
            )
            answer |= {
                "server_seed": play.server_seed,
                "client_seed": play.client_seed or None,
                "counter": play.result.get("counter"),
                "result": published(play.result),
                "recomputed": verdict.result,
                "matches": verdict.matches,
            }
        return ok(answer)
