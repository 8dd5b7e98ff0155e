"""The level that points earned over time give, by a partner's own thresholds."""

from collections.abc import Mapping


def level_of(levels: Mapping[str, int], earned: int) -> str | None:
    """The highest level that is reached; None below all of them."""
    reached = [(least, name) for name, least in levels.items() if earned >= least]
    return max(reached)[1] if reached else None


def range_of(levels: Mapping[str, int], name: str) -> tuple[int, int | None]:
    """Least points of a level, and the points at which a higher one begins (None: it is the highest)."""
    least = levels[name]
    higher = [other for other in levels.values() if other > least]
    return least, min(higher) if higher else None
