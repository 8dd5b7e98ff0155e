"""How much a refund takes back: parts in any split give back exactly the original, never more (promise A6)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Reversible:
    """Figures of a purchase, or the sum of those of its reversals so far. Money unsigned, points unsigned."""

    order_total: Decimal = Decimal(0)
    points_discount_amount: Decimal = Decimal(0)
    points_awarded: int = 0
    points_redeemed: int = 0
    # Of the points awarded: what offers added.
    bonus_points: int = 0
    cashback_points: int = 0


def reverse(original: Reversible, done: Reversible, part: Decimal) -> Reversible:
    """What a refund of `part` of the order total undoes.

    Each figure is `round(original x refunded so far with this part / order total) - undone so far`, half away from
    zero, so rounding never accumulates and the last part takes whatever is left.
    """
    reached = done.order_total + part
    if reached >= original.order_total:
        return Reversible(
            part,
            original.points_discount_amount - done.points_discount_amount,
            original.points_awarded - done.points_awarded,
            original.points_redeemed - done.points_redeemed,
            original.bonus_points - done.bonus_points,
            original.cashback_points - done.cashback_points,
        )
    share = reached / original.order_total
    return Reversible(
        part,
        max(
            Decimal(0),
            (original.points_discount_amount * share).quantize(CENT, ROUND_HALF_UP) - done.points_discount_amount,
        ),
        max(0, _points(original.points_awarded * share) - done.points_awarded),
        max(0, _points(original.points_redeemed * share) - done.points_redeemed),
        max(0, _points(original.bonus_points * share) - done.bonus_points),
        max(0, _points(original.cashback_points * share) - done.cashback_points),
    )


def _money(exact: Decimal) -> Decimal:
    return exact.quantize(CENT, ROUND_HALF_UP)


def _points(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
