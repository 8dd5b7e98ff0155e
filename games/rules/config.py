"""What only one type of game needs: the exact JSON of `Game.config`. Prizes of a wheel and a scratch card are rows.

A text is a plain string or `{"en": "…", "lt": "…"}`, kept as the partner wrote it (`rules.texts` reads it). A key is 1
to 50 letters, digits, `_` and `-`, unique in its list; where the partner gives none, `q1`, `a1`, `p1`, `i1`… is given,
and it never changes afterwards: plays and collected items name it. What may be absent is never null: it is not there.
Lists may be absent or empty: such a game is not ready (`is_ready`) and nobody can play it yet.

quiz
    {"questions": [{"key": "q1", "text": text,
                    "answers": [{"key": "a1", "text": text}, …],    2 to 8
                    "right": ["a1"],                                1 or more, never all of them
                    "score": 1}, …],                                at most 100 questions, score 1 to 1000
     "pass_score": 2,                                               1 to the sum of scores; absent: the sum
     "seconds_per_question": 30}                                    5 to 600; absent: no limit
memory
    {"pairs": [{"key": "p1", "text": text, "image_url": "https://…"}, …],   2 to 18; text, image_url or both
     "max_moves": 40,                                               at least the number of pairs; absent: any number
     "max_seconds": 120}                                            5 to 3600; absent: as long as the session
collection
    {"items": [{"key": "i1", "name": text, "image_url": "https://…",        at most 50; image_url may be absent
                "hint": text,                                       where it is found; may be absent
                "weight": 10,                                       chance among the weights, 0 to 1,000,000
                "needed": 1}, …]}                                   how many of it, 0 to 100; weight 0: needed 0
scratch
    {"scratch_fields": 9}                                           3 to 25, absent: 9; a prize shows itself on three
wheel, stamps
    {}
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from games.choices import GameType

Faults = dict[str, str | Promise]

MOST_QUESTIONS = 100
FEWEST_ANSWERS, MOST_ANSWERS = 2, 8
MOST_SCORE = 1_000
FEWEST_PAIRS, MOST_PAIRS = 2, 18
MOST_MOVES = 10_000
MOST_ITEMS = 50
MOST_NEEDED = 100
MOST_WEIGHT = 1_000_000
SECONDS_PER_QUESTION = (5, 600)
SECONDS_OF_MEMORY = (5, 3_600)
SCRATCH_FIELDS = (3, 25)
DEFAULT_SCRATCH_FIELDS = 9
KEY = re.compile(r"[A-Za-z0-9_-]{1,50}")

# The lists of a type with the letter of their keys, and its other values.
LISTS = {
    GameType.QUIZ: {"questions": "q"},
    GameType.MEMORY: {"pairs": "p"},
    GameType.COLLECTION: {"items": "i"},
}
VALUES = {
    GameType.QUIZ: ("pass_score", "seconds_per_question"),
    GameType.MEMORY: ("max_moves", "max_seconds"),
    GameType.SCRATCH: ("scratch_fields",),
}
WITH_PRIZES = frozenset({GameType.WHEEL, GameType.SCRATCH})
ALL_KEYS = frozenset(
    [key for lists in LISTS.values() for key in lists] + [key for values in VALUES.values() for key in values]
)


def keys_of(game_type: str) -> tuple[str, ...]:
    """What the configuration of a type can hold."""
    kind = GameType(game_type)
    return (*LISTS.get(kind, {}), *VALUES.get(kind, ()))


def changed_config(game_type: str, present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration after a change: what is not named stays, null removes; rows without a key get one."""
    config = {key: value for key, value in {**present, **wanted}.items() if value is not None}
    for name, letter in LISTS.get(GameType(game_type), {}).items():
        if name in config:
            config[name] = with_keys(config[name], letter)
    return config


def with_keys(rows: Sequence[Mapping[str, Any]], letter: str) -> list[dict[str, Any]]:
    """The rows, each with a key: the first free number after the letter."""
    taken = {row["key"] for row in rows if row.get("key")}
    free = (f"{letter}{number}" for number in range(1, 2 * len(rows) + 1) if f"{letter}{number}" not in taken)
    return [{"key": row.get("key") or next(free), **{k: v for k, v in row.items() if k != "key"}} for row in rows]


def config_faults(game_type: str, config: Mapping[str, Any]) -> Faults:
    """What does not fit together, by dotted paths; the form of each value was checked before."""
    faults: Faults = {key: _("This type of game has no such setting.") for key in set(config) - {*keys_of(game_type)}}
    for name in LISTS.get(GameType(game_type), {}):
        faults |= _repeated_keys(config.get(name) or (), name)
    match game_type:
        case GameType.QUIZ:
            faults |= dict(_quiz_faults(config))
        case GameType.MEMORY:
            faults |= dict(_memory_faults(config))
        case GameType.COLLECTION:
            faults |= dict(_collection_faults(config))
    return faults


def is_ready(game_type: str, config: Mapping[str, Any], *, has_prizes: bool) -> bool:
    """Whether the game can be played: it has what its type draws from, asks or collects."""
    if game_type in WITH_PRIZES:
        return has_prizes
    return all(config.get(name) for name in LISTS.get(GameType(game_type), {}))


def highest_score(config: Mapping[str, Any]) -> int:
    """What somebody gets who answers every question of a quiz right."""
    return sum(question["score"] for question in config.get("questions") or ())


def _repeated_keys(rows: Sequence[Mapping[str, Any]], path: str) -> Faults:
    seen: set[str] = set()
    faults: Faults = {}
    for number, row in enumerate(rows):
        if row["key"] in seen:
            faults[f"{path}.{number}.key"] = _("This key is taken by another one of the list.")
        seen.add(row["key"])
    return faults


def _quiz_faults(config: Mapping[str, Any]) -> Iterator[tuple[str, str | Promise]]:
    for number, question in enumerate(config.get("questions") or ()):
        path = f"questions.{number}.answers"
        yield from _repeated_keys(question["answers"], path).items()
        if not 0 < len(question["right"]) < len(question["answers"]):
            yield path, _("Mark at least one answer as right, and leave at least one that is not.")
    most = highest_score(config)
    if config.get("pass_score", 0) > most > 0:
        yield "pass_score", _("The questions do not give that many points.")


def _memory_faults(config: Mapping[str, Any]) -> Iterator[tuple[str, str | Promise]]:
    pairs = config.get("pairs") or ()
    if len(pairs) == 1:
        yield "pairs", _("Give at least two pairs.")
    for number, pair in enumerate(pairs):
        if not pair.get("text") and not pair.get("image_url"):
            yield f"pairs.{number}", _("Give a text or a picture.")
    if config.get("max_moves", len(pairs)) < len(pairs):
        yield "max_moves", _("That few moves cannot uncover all the pairs.")


def _collection_faults(config: Mapping[str, Any]) -> Iterator[tuple[str, str | Promise]]:
    items = config.get("items") or ()
    for number, item in enumerate(items):
        if item["needed"] and not item["weight"]:
            yield f"items.{number}.weight", _("Nobody can find an item of weight 0, so it cannot be needed.")
    if items and not any(item["needed"] for item in items):
        yield "items", _("At least one item must be needed.")
