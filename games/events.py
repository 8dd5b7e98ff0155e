"""Facts of games that others may act on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CouponIssued:
    coupon_id: int
    partner_id: int
    customer_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CouponRedeemed:
    coupon_id: int
    partner_id: int
    customer_id: int | None
    transaction_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class GameCompleted:
    game_id: int
    partner_id: int
    customer_id: int
    issued_card_id: int
    coupon_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class OfferClaimed:
    """A customer got the coupon of an offer, for points or for nothing."""

    partner_id: int
    offer_id: int
    customer_id: int
    coupon_id: int
    points_spent: int
    at: datetime
