"""What a tree of categories may look like."""

from collections.abc import Mapping

DEEPEST = 8


def depth_below(parents: Mapping[int, int | None], pk: int) -> int:
    """How many levels a category's own branch has, itself counted."""
    below: dict[int | None, list[int]] = {}
    for child, parent in parents.items():
        below.setdefault(parent, []).append(child)
    levels, here = 0, [pk]
    while here:
        levels += 1
        here = [child for one in here for child in below.get(one, [])]
    return levels


def path_to(parents: Mapping[int, int | None], pk: int | None) -> list[int]:
    """From the root down to a category."""
    path: list[int] = []
    while pk is not None and pk not in path:
        path.append(pk)
        pk = parents.get(pk)
    return path[::-1]
