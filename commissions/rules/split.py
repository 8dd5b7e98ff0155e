"""Parts of an amount that add up to it (promise A7)."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal


def split_amount(amount: Decimal, weights: Mapping[str, Decimal], unit: Decimal) -> list[tuple[str, Decimal]]:
    """The amount over the groups by largest remainder, the heaviest group first.

    Groups of no weight get nothing; where nothing weighs anything, the first one by name gets all. Equal remainders go
    by weight, then by name, so that the order in which groups are given never matters.
    """
    order = sorted(weights, key=lambda name: (-max(weights[name], Decimal(0)), name))
    total = sum((max(weight, Decimal(0)) for weight in weights.values()), Decimal(0))
    if total == 0 or len(order) == 1:
        return [(name, amount if name == order[0] else Decimal(0)) for name in order]
    exact = {name: amount * max(weights[name], Decimal(0)) / total for name in order}
    parts = {name: exact[name].quantize(unit, ROUND_DOWN) for name in order}
    missing = int((amount - sum(parts.values())) / unit)
    for name in sorted(order, key=lambda name: parts[name] - exact[name])[:missing]:
        parts[name] += unit
    # What is finer than the unit (an amount in cents of a currency without any) stays with the heaviest.
    parts[order[0]] += amount - sum(parts.values())
    return [(name, parts[name]) for name in order]
