"""Back office pages of games and coupons."""

from games.admin import coupons, games, plays, stamps

__all__ = ["coupons", "games", "plays", "stamps"]
