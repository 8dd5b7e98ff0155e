"""Games that are played in turns, for the world of a partner: one of each type, with a session that is open."""

from datetime import UTC, datetime
from typing import Any

from cards.models import IssuedCard
from games.choices import GameType
from games.models import Game
from games.services.draws import spin_wheel
from games.services.plays import start_play
from games.tests.factories import GameFactory, PrizeFactory
from loyalty.services.audit import SYSTEM
from partners.models import Partner


def play_ids(partner: Partner, issued_card: IssuedCard, word: str) -> dict[str, Any]:
    """By kind: the ids of games and the keys of their open sessions; `won_session` is over and won a coupon."""
    text = {"en": f"{word} text", "lt": f"{word} tekstas"}
    answers = [{"key": "a1", "text": text}, {"key": "a2", "text": text}]
    question = {"key": "q1", "text": text, "answers": answers, "right": ["a1"], "score": 1}
    configs: dict[str, dict[str, Any]] = {
        "quiz": {"questions": [question, {**question, "key": "q2"}], "pass_score": 1},
        "memory": {"pairs": [{"key": "p1", "text": text}, {"key": "p2", "text": text}]},
        "collection": {"items": [{"key": "i1", "name": text, "weight": 1, "needed": 9}]},
        "scratch": {"scratch_fields": 9},
        "wheel": {},
    }
    ids: dict[str, Any] = {}
    for kind, config in configs.items():
        game = _game(partner, GameType(kind), word, text, config)
        ids[f"{kind}_game"] = game.pk
        if kind == "wheel":
            ids["won_session"] = str(_won(partner, game, issued_card).session_key)
        ids[f"{kind}_session"] = str(_begun(partner, game, issued_card).session_key)
    return ids


def _game(partner: Partner, game_type: GameType, word: str, text: Any, config: dict[str, Any]) -> Game:
    names = {"name": f"{word} {game_type}", "description": text, "reward_description": text}
    game: Game = GameFactory(partner=partner, game_type=game_type, stamps_required=None, config=config, **names)
    if game_type in {GameType.WHEEL, GameType.SCRATCH}:
        PrizeFactory(game=game, name=text)
    return game


def _begun(partner: Partner, game: Game, issued_card: IssuedCard) -> Any:
    started = start_play(
        actor=SYSTEM,
        partner=partner,
        game_id=game.pk,
        issued_card=issued_card,
        shop_id=None,
        reach=None,
        at=datetime.now(UTC),
    )
    return started.play


def _won(partner: Partner, game: Game, issued_card: IssuedCard) -> Any:
    play = _begun(partner, game, issued_card)
    return spin_wheel(actor=SYSTEM, play=play, client_seed=None, at=datetime.now(UTC)).play
