"""What the demo's partners sell: categories, products, prices, and when each is liked."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from ledger.rules.cart import CartLine

MORNING, LUNCH, AFTERNOON, EVENING = range(4)
_ENDS_OF_DAYPARTS = (11, 14, 18)  # hours; the evening is the rest
BASKET = ((1, 2, 3, 4, 5), (44, 33, 15, 6, 2))
QUANTITY = ((1, 2, 3), (90, 8, 2))


@dataclass(frozen=True, slots=True)
class Group:
    """A category; `key` is the till's word for it. `dayparts` and `months` say when it sells."""

    key: str
    english: str
    lithuanian: str
    products: str  # "name = price", one a line
    dayparts: tuple[float, float, float, float] = (1, 1, 1, 1)
    months: tuple[float, ...] = (1,) * 12
    earns_points: bool = True


@dataclass(frozen=True, slots=True)
class Good:
    """One product with its price."""

    number: str
    name: str
    price: Decimal
    group: Group


@dataclass(frozen=True, slots=True)
class _Shelf:
    goods: Sequence[Good]
    weights: Sequence[float]  # running sums

    def pick(self, draw: random.Random) -> Good:
        return self.goods[bisect_right(self.weights, draw.random() * self.weights[-1])]


class Assortment:
    """A partner's goods, ready to fill carts."""

    def __init__(self, groups: Sequence[Group], prefix: str) -> None:
        self.groups = groups
        self.goods = list(_goods(groups, prefix))
        self._shelves: dict[tuple[int, int], _Shelf] = {}
        self._lines: dict[tuple[str, int], CartLine] = {}

    def cart(self, draw: random.Random, *, hour: int, month: int) -> tuple[CartLine, ...]:
        """What somebody buys at this hour of this month: mostly one or two things, each once."""
        daypart = bisect_right(_ENDS_OF_DAYPARTS, hour)
        shelf = self._shelves.get((daypart, month)) or self._shelf(daypart, month)
        count = draw.choices(*BASKET)[0]
        picked = {good.number: good for good in (shelf.pick(draw) for _ in range(count))}
        return tuple(self.line(good, draw.choices(*QUANTITY)[0]) for good in picked.values())

    def line(self, good: Good, quantity: int) -> CartLine:
        """The same line every time, since lines do not change: half of the work of making a year of sales."""
        key = (good.number, quantity)
        if key not in self._lines:
            self._lines[key] = CartLine(
                total_price=good.price * quantity,
                quantity=Decimal(quantity),
                unit_price=good.price,
                product_id=good.number,
                product_name=good.name,
                sku=good.number,
                category=good.group.key,
                earns_points=good.group.earns_points,
            )
        return self._lines[key]

    @property
    def dearest(self) -> Good:
        """What earns most."""
        return max((good for good in self.goods if good.group.earns_points), key=lambda good: good.price)

    def _shelf(self, daypart: int, month: int) -> _Shelf:
        # The first products of a group are its favorites.
        weights = []
        for group in self.groups:
            own = [good for good in self.goods if good.group is group]
            share = group.dayparts[daypart] * group.months[month - 1]
            ranks = [1 / (place + 1.5) for place in range(len(own))]
            weights += [share * rank / sum(ranks) for rank in ranks]
        shelf = self._shelves[daypart, month] = _Shelf(self.goods, list(accumulate(weights)))
        return shelf


def _goods(groups: Sequence[Group], prefix: str) -> list[Good]:
    goods = []
    for place, group in enumerate(groups, 1):
        for number, line in enumerate(group.products.strip().splitlines(), 1):
            name, _, price = line.rpartition("=")
            goods.append(Good(f"{prefix}{place}{number:02}", name.strip(), Decimal(price.strip()), group))
    return goods
