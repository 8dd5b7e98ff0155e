"""Quiz and memory: answers and moves, one by one, until the play is won or lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from games.choices import GameType
from games.errors import AlreadyAnswered
from games.models import Play
from games.rules.memory import Memory
from games.rules.quiz import Quiz
from games.rules.rewards import reward_of
from games.services.ending import complete_play, give_reward
from games.services.turns import Turn, check_going_on, take_turn
from loyalty.errors import ValidationFailed
from loyalty.services.audit import Actor


@dataclass(frozen=True, slots=True)
class Answered(Turn):
    """A turn with what it showed: the judged answer, or the turned cards."""

    shown: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def answer_question(*, actor: Actor, play: Play, question: str, answers: Sequence[str], at: datetime) -> Answered:
    """Answer an open question; the last one ends the quiz. The same answer again gets the same verdict.

    Raises GameTypeMismatch, ValidationFailed, AlreadyAnswered, ResourceExpired, PlayNotActive.
    """
    fresh = take_turn(play=play, game_type=GameType.QUIZ)
    quiz = Quiz.read(fresh.state["quiz"])
    asked = _question(quiz, question, answers)
    noted = quiz.answers.get(question)
    if noted is not None:
        if noted["answers"] != sorted(set(answers)):
            raise AlreadyAnswered
        return Answered(fresh, is_replay=True, shown=_verdict(question, noted))
    check_going_on(play=fresh, at=at)
    if asked not in quiz.open:
        raise ValidationFailed(errors={"question": [_("Another question comes first.")]})
    noted = quiz.answer(asked, answers, at)
    fresh.state = {**fresh.state, "quiz": quiz.kept()}
    fresh.score = quiz.score
    if quiz.is_over:
        _end(actor, fresh, is_won=quiz.is_passed, at=at)
    else:
        fresh.save(update_fields=["state", "score"])
    return Answered(fresh, shown=_verdict(question, noted))


@transaction.atomic
def match_pair(*, actor: Actor, play: Play, first: int, second: int | None, at: datetime) -> Answered:
    """Turn one card, or a second one with it, which is a move. The last move again shows the same and counts once.

    Raises GameTypeMismatch, ValidationFailed, ResourceExpired, PlayNotActive.
    """
    fresh = take_turn(play=play, game_type=GameType.MEMORY)
    game = Memory.read(fresh.state["memory"])
    if second is not None and game.is_last(first, second) and game.open is None:
        return Answered(fresh, is_replay=True, shown=_cards(game, first, second))
    check_going_on(play=fresh, at=at)
    if fault := game.fault(first, second):
        raise ValidationFailed(errors={fault: [_("This card cannot be turned now.")]})
    if game.is_over_time(at):
        _end(actor, fresh, is_won=False, at=at)
        return Answered(fresh, shown={"is_late": True})
    if second is None:
        game.flip(first)
    else:
        game.match(first, second)
    fresh.state = {**fresh.state, "memory": game.kept()}
    fresh.score = len(game.found) // 2
    fresh.result = {"moves": game.moves}
    if game.is_solved or game.is_lost:
        _end(actor, fresh, is_won=game.is_solved, at=at)
    else:
        fresh.save(update_fields=["state", "score", "result"])
    return Answered(fresh, shown=_cards(game, first, second))


def _end(actor: Actor, play: Play, *, is_won: bool, at: datetime) -> None:
    play.result = {**play.result, "won": is_won}
    if "memory" in play.state:
        play.result["board"] = play.state["memory"]["board"]
    if is_won:
        give_reward(actor=actor, play=play, reward=reward_of(play.game), at=at)
    complete_play(play=play, at=at)


def _question(quiz: Quiz, key: str, answers: Sequence[str]) -> dict[str, Any]:
    asked = quiz.find(key)
    if asked is None:
        raise ValidationFailed(errors={"question": [_("There is no such question in this play.")]})
    if not set(answers) <= {answer["key"] for answer in asked["answers"]}:
        raise ValidationFailed(errors={"answers": [_("There is no such answer to this question.")]})
    return asked


def _verdict(question: str, noted: dict[str, Any]) -> dict[str, Any]:
    return {"question": question, **noted}


def _cards(game: Memory, first: int, second: int | None) -> dict[str, Any]:
    cards = [game.card(position) for position in (first, second) if position is not None]
    is_pair = None if second is None else game.board[first] == game.board[second]
    return {"cards": cards, "is_match": is_pair}
