"""How long a game's coupon is valid (contract 16.22)."""

from datetime import datetime, timedelta

from games.choices import CouponValidity


def expiry_of_coupon(
    *,
    mode: str,
    days: int | None,
    stamp_days: int | None,
    card_days: int | None,
    at: datetime,
) -> datetime | None:
    """When a coupon won at `at` ends; None: never.

    The game's own number wins, its explicit "never" too. Where the game says neither, the stamp card's
    `expiration_days` count, then the default of the customer's card programme, and nothing means never.
    """
    if mode == CouponValidity.NEVER:
        return None
    chosen = days if mode == CouponValidity.DAYS else stamp_days or card_days
    return None if chosen is None else at + timedelta(days=chosen)
