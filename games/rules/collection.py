"""Collecting: what is held against what is needed."""

from collections.abc import Mapping, Sequence
from typing import Any

Items = Sequence[Mapping[str, Any]]


def needed_of(items: Items) -> dict[str, int]:
    """How many of each item make a full collection."""
    return {item["key"]: int(item.get("needed", 1)) for item in items}


def is_full(items: Items, held: Mapping[str, int]) -> bool:
    """Whether everything that is needed is there."""
    return all(held.get(key, 0) >= needed for key, needed in needed_of(items).items())


def shown_items(items: Items, held: Mapping[str, int]) -> list[dict[str, Any]]:
    """Every item with what is held of it."""
    needed = needed_of(items)
    return [
        {
            "key": item["key"],
            "name": item["name"],
            "image_url": item.get("image_url"),
            "hint": item.get("hint"),
            "needed": needed[item["key"]],
            "quantity": held.get(item["key"], 0),
            "is_complete": held.get(item["key"], 0) >= needed[item["key"]],
        }
        for item in items
    ]


def progress(items: Items, held: Mapping[str, int]) -> dict[str, int]:
    """How far it is: pieces that are needed, and those of them that are there."""
    needed = needed_of(items)
    return {
        "pieces_needed": sum(needed.values()),
        "pieces_held": sum(min(held.get(key, 0), count) for key, count in needed.items()),
    }
