"""Back office pages of games."""

from games.admin import games, plays, stamps

__all__ = ["games", "plays", "stamps"]
