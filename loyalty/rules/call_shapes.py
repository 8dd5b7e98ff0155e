"""What may be kept of a call: where it went and what was wrong, without anything that somebody typed."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

MOST_NAMES = 20
LONGEST_PATH = 200
_SLOT = re.compile(r"<(?:(\w+):)?(\w+)>")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}\Z", re.ASCII)
# Ids of ours. Codes and texts in a path stay out: somebody could use them.
_SHOWN = {"int", "locale"}
UNSHOWN = "?"


def path_of(route: str, values: Mapping[str, Any]) -> str:
    """The address of a call with its ids, and the names of slots in place of all other values."""

    def fill(slot: re.Match[str]) -> str:
        return str(values.get(slot[2], "")) if slot[1] in _SHOWN else f"{{{slot[2]}}}"

    return f"/{_SLOT.sub(fill, route)}"[:LONGEST_PATH]


def names_of(names: Iterable[str]) -> list[str]:
    """Names of parameters or fields; what does not look like a name is somebody's text, and not shown."""
    found = [name if _NAME.match(name) else UNSHOWN for name in names if name]
    return sorted(dict.fromkeys(found))[:MOST_NAMES]
