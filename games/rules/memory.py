"""The game of pairs: what lies where, and what turning two cards does. The board stays on the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from games.rules.answers import told
from games.rules.draws import shuffled

PURPOSE = "board"


def board_of(server_seed: str, client_seed: str, keys: Sequence[str]) -> list[str]:
    """Two cards of every pair, shuffled; the keys come in the order that was published."""
    return shuffled(server_seed, client_seed, PURPOSE, [key for key in keys for _ in range(2)])


@dataclass(slots=True)
class Memory:
    """A game in progress, as a play keeps it."""

    board: list[str]
    pairs: list[dict[str, Any]]
    max_moves: int | None
    ends_at: str | None
    found: list[int] = field(default_factory=list)
    open: int | None = None
    moves: int = 0
    last: list[int] = field(default_factory=list)

    @classmethod
    def started(cls, config: Mapping[str, Any], board: list[str], at: datetime) -> Self:
        """A new game by the game's configuration."""
        seconds = config.get("max_seconds")
        ends = None if seconds is None else (at + timedelta(seconds=seconds)).isoformat()
        return cls(board, list(config["pairs"]), config.get("max_moves"), ends)

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self:
        """The game as it was kept."""
        return cls(**state)

    def kept(self) -> dict[str, Any]:
        """The game as it is kept."""
        return {name: getattr(self, name) for name in self.__slots__}

    def is_over_time(self, at: datetime) -> bool:
        return self.ends_at is not None and at > datetime.fromisoformat(self.ends_at)

    @property
    def is_solved(self) -> bool:
        return len(self.found) == len(self.board)

    @property
    def is_lost(self) -> bool:
        """No moves are left, and not everything is found."""
        return not self.is_solved and self.max_moves is not None and self.moves >= self.max_moves

    def is_last(self, first: int, second: int) -> bool:
        """Whether this is the last move again: turning the same two twice in a row never helps anybody."""
        return sorted(self.last) == sorted((first, second))

    def fault(self, first: int, second: int | None) -> str:
        """What speaks against turning these cards: the name of the wrong position, or nothing."""
        for name, position in (("first", first), ("second", second)):
            if position is not None and (not 0 <= position < len(self.board) or position in self.found):
                return name
        if first == second:
            return "second"
        return "first" if self.open is not None and first != self.open else ""

    def flip(self, position: int) -> None:
        """Turn the first card of a move."""
        self.open = position

    def match(self, first: int, second: int) -> bool:
        """Turn both: one move. Whether they are a pair, which then stays."""
        self.moves, self.open, self.last = self.moves + 1, None, [first, second]
        alike = self.board[first] == self.board[second]
        if alike:
            self.found += [first, second]
        return alike

    def card(self, position: int) -> dict[str, Any]:
        """What is seen on a card."""
        key = self.board[position]
        return {"position": position, **next(pair for pair in self.pairs if pair["key"] == key)}

    def seen(self) -> dict[str, Any]:
        """What the player may know."""
        return {
            "cards": len(self.board),
            "found": [self.card(position) for position in self.found],
            "open": None if self.open is None else self.card(self.open),
            "pairs_found": len(self.found) // 2,
            "pairs_total": len(self.board) // 2,
            "moves": self.moves,
            "max_moves": self.max_moves,
            "ends_at": None if self.ends_at is None else told(datetime.fromisoformat(self.ends_at)),
        }
