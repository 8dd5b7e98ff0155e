"""Draws that anybody can compute again (docs/fair-draws.md, ADR 25).

The server commits to a seed by publishing its hash; only then may the player add a seed of their own; afterwards the
server's seed is shown. Every number is a whole HMAC-SHA256, taken only below the largest multiple of what is drawn
from, so that no outcome is likelier than its weight says.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALGORITHM = "hmac-sha256-1"
SPACE = 1 << 256
# No colon: it separates the parts of what is signed.
CLIENT_SEED = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Chance:
    """One outcome and its weight among all weights."""

    key: str
    weight: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the number with this counter stands for."""

    key: str
    counter: int


def new_seed() -> str:
    """256 random bits, as hexadecimal digits."""
    return secrets.token_hex(32)


def hash_of_seed(server_seed: str) -> str:
    """What is published before anything is drawn: SHA-256 of the seed's 32 bytes."""
    return hashlib.sha256(bytes.fromhex(server_seed)).hexdigest()


def digest(server_seed: str, message: str) -> int:
    """HMAC-SHA256 of a message under the server's seed, as a number of 256 bits."""
    return int.from_bytes(hmac.digest(bytes.fromhex(server_seed), message.encode("ascii"), "sha256"))


def is_fair(number: int, size: int) -> bool:
    """Whether the number lies below the largest multiple of `size`: the rest would favor the first outcomes."""
    return number < SPACE - SPACE % size


def chances_of(odds: Iterable[Mapping[str, Any]]) -> list[Chance]:
    """The published odds as they stand in a play."""
    return [Chance(str(one["key"]), int(one["weight"])) for one in odds]


def draws(server_seed: str, client_seed: str, odds: Sequence[Chance]) -> Iterator[Drawn]:
    """What is drawn first, then what is drawn if that cannot be given away, and so on until nothing is left.

    Counter 0, 1, 2 … give one number each. A number stands for the outcome whose share of the weights, in the order of
    the odds, it falls into; that outcome takes no part in the numbers after it.
    """
    left = [chance for chance in odds if chance.weight > 0]
    counter = 0
    while left:
        total = sum(chance.weight for chance in left)
        number = digest(server_seed, f"{client_seed}:{counter}")
        if is_fair(number, total):
            index = index_at(number % total, left)
            yield Drawn(left.pop(index).key, counter)
        counter += 1


def index_at(ticket: int, odds: Sequence[Chance]) -> int:
    """Which outcome holds this ticket, if each holds as many as its weight."""
    for index, chance in enumerate(odds):
        if ticket < chance.weight:
            return index
        ticket -= chance.weight
    raise ValueError("the ticket is beyond the weights")


def shuffled(server_seed: str, client_seed: str, purpose: str, items: Sequence[Any]) -> list[Any]:
    """A fair order of the items (Fisher and Yates, from the end), from numbers of their own `purpose`."""
    order, counter = list(items), 0
    for last in range(len(order) - 1, 0, -1):
        number = digest(server_seed, f"{client_seed}:{purpose}:{counter}")
        while not is_fair(number, last + 1):
            counter += 1
            number = digest(server_seed, f"{client_seed}:{purpose}:{counter}")
        counter += 1
        other = number % (last + 1)
        order[last], order[other] = order[other], order[last]
    return order
