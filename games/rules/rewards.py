"""What a reward is worth, apart from the model that offers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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


def reward_faults(reward: Reward) -> dict[str, str | Promise]:
    """What a reward lacks or has too much, by the names of the columns."""
    faults: dict[str, str | Promise] = {}
    if reward.type == RewardType.PERCENTAGE and not (reward.value and 0 < reward.value <= 100):
        faults["reward_value"] = _("Give a percentage above 0 and at most 100.")
    if reward.type == RewardType.FIXED and not reward.value:
        faults["reward_value"] = _("Give an amount above 0.")
    if reward.type == RewardType.POINTS and not reward.points:
        faults["reward_points"] = _("Give a number of points, 1 or more.")
    return faults


def needed_column(reward_type: str) -> str | None:
    """The column that says how much a reward of this type is; the others are empty."""
    return {
        RewardType.FREE_PRODUCT: "reward_product_name",
        RewardType.PERCENTAGE: "reward_value",
        RewardType.FIXED: "reward_value",
        RewardType.POINTS: "reward_points",
    }.get(RewardType(reward_type))


def changed_reward(present: Reward, wanted: Mapping[str, Any]) -> Reward:
    """The reward after some columns change: what only the former type needed falls away."""
    columns = {**present.columns(), **wanted}
    kept = needed_column(columns["reward_type"])
    return Reward(
        type=columns["reward_type"],
        value=columns["reward_value"] if kept == "reward_value" else None,
        points=columns["reward_points"] if kept == "reward_points" else None,
        product_name=columns["reward_product_name"] if kept == "reward_product_name" else "",
        minimum_purchase=columns["minimum_purchase"] or Decimal(0),
        maximum_discount=columns["maximum_discount"],
    )


def idle_columns(reward_type: str, wanted: Mapping[str, Any]) -> list[str]:
    """The columns that are asked for although a reward of this type has no use for them."""
    kept = needed_column(reward_type)
    return [
        name for name in ("reward_value", "reward_points", "reward_product_name") if wanted.get(name) and name != kept
    ]
