"""Back office pages of games and coupons."""

from games.admin import batches, coupons, games, plays, stamps

__all__ = ["batches", "coupons", "games", "plays", "stamps"]
