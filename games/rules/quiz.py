"""A quiz in progress: which question is open until when, what was answered, what it is worth.

The right answers stay on the server. With a time limit only the open question is shown, so that nobody thinks ahead;
its clock starts when the answer to the one before it arrives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from games.rules.answers import told
from games.rules.config import highest_score
from games.rules.draws import shuffled

PURPOSE = "questions"
# What the way over the network may take.
GRACE = timedelta(seconds=2)


def order_of(server_seed: str, client_seed: str, keys: Sequence[str]) -> list[str]:
    """In which order the questions are asked; the keys come in the order that was published."""
    return shuffled(server_seed, client_seed, PURPOSE, keys)


@dataclass(slots=True)
class Quiz:
    """What a play keeps: the questions as they were when it started, so that a change of the game changes nothing."""

    questions: list[dict[str, Any]]
    pass_score: int
    seconds: int | None
    asked_at: str
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def started(cls, config: Mapping[str, Any], order: Sequence[str], at: datetime) -> Self:
        """A new quiz, its questions in the drawn order."""
        by_key = {question["key"]: question for question in config["questions"]}
        questions = [by_key[key] for key in order]
        pass_score = config.get("pass_score") or highest_score(config)
        return cls(questions, pass_score, config.get("seconds_per_question"), at.isoformat())

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self:
        """The quiz as it was kept."""
        return cls(**state)

    def kept(self) -> dict[str, Any]:
        """The quiz as it is kept."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def open(self) -> list[dict[str, Any]]:
        """The questions that can be answered now: the next one, or all that are left where no clock runs."""
        left = [question for question in self.questions if question["key"] not in self.answers]
        return left if self.seconds is None else left[:1]

    @property
    def answer_by(self) -> datetime | None:
        """When the open question's time is over."""
        if self.seconds is None or not self.open:
            return None
        return datetime.fromisoformat(self.asked_at) + timedelta(seconds=self.seconds)

    @property
    def score(self) -> int:
        return sum(answer["score"] for answer in self.answers.values())

    @property
    def is_over(self) -> bool:
        return len(self.answers) == len(self.questions)

    @property
    def is_passed(self) -> bool:
        return self.is_over and self.score >= self.pass_score

    def find(self, key: str) -> dict[str, Any] | None:
        """A question of this quiz."""
        return next((question for question in self.questions if question["key"] == key), None)

    def answer(self, question: Mapping[str, Any], chosen: Sequence[str], at: datetime) -> dict[str, Any]:
        """Note an answer. Too late counts as wrong; several right answers must all be named, and no other."""
        until = self.answer_by
        is_late = until is not None and at > until + GRACE
        is_right = not is_late and set(chosen) == set(question["right"])
        noted = {
            "answers": sorted(set(chosen)),
            "is_correct": is_right,
            "is_late": is_late,
            "score": int(question.get("score", 1)) if is_right else 0,
        }
        self.answers[question["key"]] = noted
        self.asked_at = at.isoformat()
        return noted

    def shown(self) -> list[dict[str, Any]]:
        """The open questions without their right answers."""
        return [
            {
                "key": question["key"],
                "text": question["text"],
                "answers": [{"key": one["key"], "text": one["text"]} for one in question["answers"]],
                "several": len(question["right"]) > 1,
                "score": int(question.get("score", 1)),
            }
            for question in self.open
        ]

    def seen(self) -> dict[str, Any]:
        """What the player may know."""
        until = self.answer_by
        return {
            "questions_total": len(self.questions),
            "questions_answered": len(self.answers),
            "correct": sum(answer["is_correct"] for answer in self.answers.values()),
            "score": self.score,
            "pass_score": self.pass_score,
            "seconds_per_question": self.seconds,
            "answer_by": told(until),
        }
