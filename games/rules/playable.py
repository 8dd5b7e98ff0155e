"""Whether a game has what its type is played with."""

from collections.abc import Mapping
from typing import Any

from games.choices import GameType


def is_set_up(game_type: str, config: Mapping[str, Any]) -> bool:
    """Whether the configuration holds something to play; prizes of a wheel or a scratch card are looked at apart."""
    match game_type:
        case GameType.QUIZ:
            return bool(config.get("questions"))
        case GameType.MEMORY:
            return bool(config.get("pairs"))
        case GameType.COLLECTION:
            return any(item.get("weight", 1) > 0 for item in config.get("items", ()))
        case _:
            return True
