"""Computing a finished play again, from nothing but what was published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from games.choices import GameType
from games.rules.draws import chances_of, draws, hash_of_seed
from games.rules.memory import board_of
from games.rules.quiz import order_of
from games.rules.scratch import ticket_of

# The parts of a result that the seeds decide; all else (points, coupons, scores) is nobody's business.
PUBLISHED = ("drawn", "counter", "skipped", "fields", "questions", "board")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was published of a play. `result` is what it gave, `skipped` in it what could not be given away."""

    game_type: str
    seed_hash: str
    server_seed: str
    client_seed: str
    odds: Sequence[Mapping[str, Any]]
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The hash of the revealed seed, the result computed again, and whether both are what was said."""

    seed_hash: str
    result: dict[str, Any]
    matches: bool


def published(result: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a result that can be computed again."""
    return {name: result[name] for name in PUBLISHED if name in result}


def verify(evidence: Evidence) -> Verdict:
    """Compute the play again. A play that ended before anything was drawn has an empty result, which matches."""
    seed_hash = hash_of_seed(evidence.server_seed)
    claimed = published(evidence.result)
    result = _computed(evidence, claimed) if claimed else {}
    return Verdict(seed_hash, result, seed_hash == evidence.seed_hash and result == claimed)


def _computed(evidence: Evidence, claimed: Mapping[str, Any]) -> dict[str, Any]:
    seeds = (evidence.server_seed, evidence.client_seed)
    keys = [str(one["key"]) for one in evidence.odds]
    match evidence.game_type:
        case GameType.QUIZ:
            return {"questions": order_of(*seeds, keys)}
        case GameType.MEMORY:
            # A board is only shown once it was played out.
            return {"board": board_of(*seeds, keys)} if "board" in claimed else {}
        case GameType.SCRATCH:
            drawn = _drawn(evidence, claimed)
            fields = len(claimed.get("fields", ()))
            return {**drawn, "fields": ticket_of(*seeds, winner=drawn["drawn"], symbols=keys, fields=fields)}
        case _:
            return _drawn(evidence, claimed)


def _drawn(evidence: Evidence, claimed: Mapping[str, Any]) -> dict[str, Any]:
    """Follow the draw: what is said to have been passed over must have been drawn, in that order."""
    said = list(claimed.get("skipped", ()))
    skipped: list[dict[str, Any]] = []
    for drawn in draws(evidence.server_seed, evidence.client_seed, chances_of(evidence.odds)):
        if len(skipped) == len(said):
            return {"drawn": drawn.key, "counter": drawn.counter, "skipped": skipped}
        reason = said[len(skipped)].get("reason")
        skipped.append({"key": drawn.key, "counter": drawn.counter, "reason": reason})
    return {"drawn": None, "counter": None, "skipped": skipped}
