from games.models.coupon import BatchShop, Coupon, CouponBatch
from games.models.game import Game, GameProduct, GameShop
from games.models.play import CollectedItem, Play
from games.models.prize import Prize
from games.models.stamps import StampEvent, StampProgress

__all__ = [
    "BatchShop",
    "CollectedItem",
    "Coupon",
    "CouponBatch",
    "Game",
    "GameProduct",
    "GameShop",
    "Play",
    "Prize",
    "StampEvent",
    "StampProgress",
]
