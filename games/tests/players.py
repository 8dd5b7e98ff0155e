"""Somebody who plays, for tests: a till of a partner with games, and a customer with a card."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from customers.models import Customer
from games.choices import GameType, RewardType
from games.models import Game, Play, Prize
from games.tests.factories import GameFactory, PrizeFactory
from ledger.tests.factories import Answer, Till, issued_card_of

TEXT = {"en": "Text", "lt": "Tekstas"}


class Arcade(Till):
    """A partner's till with a key, a shop and a card programme, at which games are played."""

    def game(self, game_type: GameType, **fields: Any) -> Game:
        """A game that gives a free coffee."""
        return GameFactory(partner=self.partner, game_type=game_type, stamps_required=None, **fields)

    def wheel(self, *prizes: dict[str, Any], **fields: Any) -> Game:
        """A wheel with prizes of equal weight, unless they say more."""
        game = self.game(fields.pop("game_type", GameType.WHEEL), **fields)
        for position, prize in enumerate(prizes or ({},)):
            PrizeFactory(game=game, position=position, **prize)
        return game

    def quiz(self, questions: int = 3, *, config: dict[str, Any] | None = None, **fields: Any) -> Game:
        """A quiz whose right answer is always `a1`, passed with two right ones."""
        asked = [
            {
                "key": f"q{number}",
                "text": TEXT,
                "answers": [{"key": key, "text": TEXT} for key in ("a1", "a2", "a3")],
                "right": ["a1"],
                "score": 1,
            }
            for number in range(1, questions + 1)
        ]
        return self.game(GameType.QUIZ, config={"questions": asked, "pass_score": 2, **(config or {})}, **fields)

    def memory(self, pairs: int = 3, *, config: dict[str, Any] | None = None, **fields: Any) -> Game:
        cards = [{"key": f"p{number}", "text": TEXT} for number in range(1, pairs + 1)]
        return self.game(GameType.MEMORY, config={"pairs": cards, **(config or {})}, **fields)

    def collection(self, *needed: int, **fields: Any) -> Game:
        """Items `i1`, `i2` … with a weight of ten, so many of each needed."""
        items = [
            {"key": f"i{number}", "name": TEXT, "weight": 10, "needed": count}
            for number, count in enumerate(needed or (1, 1), 1)
        ]
        return self.game(GameType.COLLECTION, config={"items": items}, **fields)

    def begin(self, game: Game, customer: Customer, **body: Any) -> Answer:
        return self.call(game, "start", card_id=issued_card_of(customer).pk, **body)

    def begun(self, game: Game, customer: Customer, **body: Any) -> dict[str, Any]:
        """The session of a new play."""
        answer = self.begin(game, customer, **body)
        assert answer.status == 201, (answer.status, answer.body)
        return answer.data

    def call(self, game: Game, action: str, **body: Any) -> Answer:
        headers = body.pop("headers", {})
        content = json.dumps(body, default=str).encode()
        return self.send("POST", f"/en/shop/games/{game.pk}/{action}", content, headers)

    def spin(self, game: Game, customer: Customer, **body: Any) -> dict[str, Any]:
        """A new play, spun."""
        key = self.begun(game, customer)["session_key"]
        return self.call(game, "spin-wheel", session_key=key, **body).ok()

    def verify(self, session_key: str) -> dict[str, Any]:
        """What anybody is told of a play."""
        return self.send("GET", f"/en/games/plays/{session_key}/verify", b"", {}).ok()


NOTHING = {"reward_type": RewardType.NONE, "reward_value": None, "name": {"en": "Nothing", "lt": "Nieko"}}
COFFEE = {"reward_type": RewardType.FREE_PRODUCT, "reward_value": None, "reward_product_name": "Coffee"}
TEN_POINTS = {"reward_type": RewardType.POINTS, "reward_value": None, "reward_points": 10}
TENTH = {"reward_type": RewardType.PERCENTAGE, "reward_value": Decimal(10)}


def let_time_pass(play_key: str, **span: Any) -> None:
    """Move a play into the past: its start and its end."""
    play = Play.objects.get(session_key=play_key)
    shift = timedelta(**span)
    Play.objects.filter(pk=play.pk).update(started_at=play.started_at - shift, expires_at=play.expires_at - shift)


def expire(play_key: str) -> None:
    """Let a play's time run out a second ago."""
    play = Play.objects.get(session_key=play_key)
    let_time_pass(play_key, seconds=(play.expires_at - timezone.now()).total_seconds() + 1)


def awarded(game: Game) -> dict[int, int]:
    """How often each prize was given away, in their order."""
    return dict(Prize.objects.filter(game=game).order_by("position").values_list("position", "awarded"))
