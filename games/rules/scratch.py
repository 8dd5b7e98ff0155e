"""The fields of a scratch card: three alike are the prize. They only show what was drawn; they decide nothing."""

from collections.abc import Sequence

from games.rules.draws import shuffled

ALIKE = 3
BLANK = ""


def ticket_of(
    server_seed: str, client_seed: str, *, winner: str | None, symbols: Sequence[str], fields: int
) -> list[str]:
    """The symbols of a ticket in the order of its fields: `winner` on three of them, every other one on two at most.

    Where there are too few symbols, fields stay blank.
    """
    others = [symbol for symbol in symbols if symbol != winner for _ in range(ALIKE - 1)]
    mixed = shuffled(server_seed, client_seed, "symbols", others)
    laid = [] if winner is None else [winner] * ALIKE
    laid += mixed[: max(0, fields - len(laid))]
    laid += [BLANK] * (fields - len(laid))
    return shuffled(server_seed, client_seed, "fields", laid)
