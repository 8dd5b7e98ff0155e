"""What is in a cart and how much of it earns points (decision 6)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart. `product_id` is the till's own number, `category` its word, trimmed and case-folded."""

    total_price: Decimal
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    product_id: str = ""
    product_name: str = ""
    sku: str = ""
    category: str = ""
    earns_points: bool = True

    def marked(self, excluded_categories: frozenset[str], excluded_products: frozenset[str]) -> "CartLine":
        """The line, knowing whether its goods earn points."""
        if self.category in excluded_categories or self.product_id in excluded_products:
            return replace(self, earns_points=False)
        return self

    def row(self, number: int) -> dict[str, Any]:
        """The line as the database function takes it."""
        return {
            "number": number,
            "product_id": self.product_id,
            "product_name": self.product_name,
            "sku": self.sku,
            "category": self.category,
            "quantity": self.quantity,
            "unit_price": self.unit_price,
            "total_price": self.total_price,
            "earns_points": self.earns_points,
        }


def earning_total(lines: Sequence[CartLine], order_total: Decimal, net_total: Decimal) -> Decimal | None:
    """The part of `net_total` that earns: without excluded goods, which bear their share of a points discount.

    None when something was bought and none of it earns: then not even the visit does.
    """
    excluded = sum((line.total_price for line in lines if not line.earns_points), Decimal(0))
    if excluded == 0:
        return net_total
    if order_total <= 0 or excluded >= order_total:
        return None
    return (net_total * (order_total - excluded) / order_total).quantize(CENT, ROUND_HALF_UP)


def main_category(lines: Sequence[CartLine]) -> str:
    """The category that most of the money went to; the first one where two are equal, '' where none is named."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        totals[line.category] += line.total_price
    return max(totals, key=lambda category: totals[category], default="")
