"""What a reward is worth, apart from the model that offers it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from games.choices import RewardType


class HasReward(Protocol):
    """A model with the reward's columns."""

    reward_type: str
    reward_value: Decimal | None
    reward_points: int | None
    reward_product_name: str
    minimum_purchase: Decimal
    maximum_discount: Decimal | None


@dataclass(frozen=True, slots=True)
class Reward:
    """`value` is a percentage or an amount of money, by `type`; `points` are given at once instead."""

    type: str
    value: Decimal | None = None
    points: int | None = None
    product_name: str = ""
    minimum_purchase: Decimal = Decimal(0)
    maximum_discount: Decimal | None = None

    @property
    def is_coupon(self) -> bool:
        """Whether it is a promise to keep later. Points are given as soon as they are won."""
        return self.type in {RewardType.FREE_PRODUCT, RewardType.PERCENTAGE, RewardType.FIXED}

    def columns(self) -> dict[str, Any]:
        """The same, by the names of the columns."""
        return {
            "reward_type": self.type,
            "reward_value": self.value,
            "reward_points": self.points,
            "reward_product_name": self.product_name,
            "minimum_purchase": self.minimum_purchase,
            "maximum_discount": self.maximum_discount,
        }


def reward_of(row: HasReward) -> Reward:
    """The reward that a game, prize, batch or coupon holds."""
    return Reward(
        type=row.reward_type,
        value=row.reward_value,
        points=row.reward_points,
        product_name=row.reward_product_name,
        minimum_purchase=row.minimum_purchase,
        maximum_discount=row.maximum_discount,
    )
