"""What a coupon takes off a purchase (contract 5.9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from games.choices import RewardType
from games.rules.rewards import Reward

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of the cart: the names it goes by, its groups, what one piece and all of it cost."""

    names: frozenset[str]
    category: str
    unit_price: Decimal
    total_price: Decimal


@dataclass(frozen=True, slots=True)
class Goods:
    """What a coupon is for, where it says so: names of products, groups of goods, and the price of the one good that it
    gives if that is known.
    """

    names: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """`refusal` is empty where it applies, else `minimum`, `goods`."""

    refusal: str
    amount: Decimal
    points: int = 0


def discount_of(reward: Reward, *, purchase: Decimal, lines: Sequence[PricedLine], goods: Goods) -> Discount:
    """The discount on a purchase; never more than the purchase, never more than the reward's own limit."""
    if purchase < reward.minimum_purchase:
        return Discount("minimum", ZERO)
    if reward.type == RewardType.POINTS:
        return Discount("", ZERO, reward.points or 0)
    if reward.type == RewardType.NONE:
        return Discount("", ZERO)
    matching = [line for line in lines if _fits(line, goods)]
    if lines and not matching:
        return Discount("goods", ZERO)
    if reward.type == RewardType.FREE_PRODUCT and not any(line.unit_price or line.total_price for line in matching):
        # The cart says no prices: the catalogue may.
        matching = []
    # Whatever is bought counts where it is for no certain goods: a cart may leave things out, and say no prices.
    is_for_some = bool(goods.names or goods.categories)
    base = min(purchase, sum((line.total_price for line in matching), ZERO)) if matching and is_for_some else purchase
    return Discount("", _limited(_amount(reward, base, matching, goods), base, reward))


def _amount(reward: Reward, base: Decimal, matching: Sequence[PricedLine], goods: Goods) -> Decimal:
    match reward.type:
        case RewardType.PERCENTAGE:
            return base * (reward.value or ZERO) / 100
        case RewardType.FIXED:
            return reward.value or ZERO
    # A free product: one piece, the dearest of those that fit.
    if matching:
        return max(line.unit_price for line in matching)
    return goods.price or ZERO


def _limited(amount: Decimal, base: Decimal, reward: Reward) -> Decimal:
    most = base if reward.maximum_discount is None else min(base, reward.maximum_discount)
    return min(amount, most).quantize(CENT, ROUND_HALF_UP)


def _fits(line: PricedLine, goods: Goods) -> bool:
    """Where nothing is said, everything fits."""
    if goods.names:
        return not goods.names.isdisjoint(line.names)
    if goods.categories:
        return line.category in goods.categories
    return True
