"""What a refund gives back of a sale's commission: parts in any split give back exactly the line, never more."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from commissions.rules.currency import rounded
from commissions.rules.lines import ZERO, Line


@dataclass(frozen=True, slots=True)
class Refunded:
    """One refund and one line of its sale: how much of `whole` refunds had taken before it, and how much with it."""

    refund_id: int
    month: str
    local_on: date
    shop_id: int | None
    component: str
    category: str
    origin_month: str
    rate_id: int | None
    line: Decimal
    base: Decimal
    whole: Decimal
    before: Decimal
    reached: Decimal


def given_back(line: Decimal, reached: Decimal, whole: Decimal, unit: Decimal) -> Decimal:
    """What of a line has gone back once refunds of the sale come to `reached` of `whole`."""
    return line if reached >= whole else rounded(line * reached / whole, unit)


def reverse(part: Refunded, unit: Decimal) -> Line:
    """The line of one refund, for one line of its sale."""

    def step(of: Decimal) -> Decimal:
        earlier = ZERO if part.before == 0 else given_back(of, part.before, part.whole, unit)
        return given_back(of, part.reached, part.whole, unit) - earlier

    return Line(
        *(part.refund_id, part.component, part.category, "reversal", part.month, part.origin_month),
        *(part.shop_id, part.local_on, -step(part.base), part.rate_id, -step(part.line)),
    )
