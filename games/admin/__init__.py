"""Back office pages of games and coupons."""

from games.admin import coupons

__all__ = ["coupons"]
