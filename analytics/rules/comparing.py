"""Putting a period beside the one before."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both periods; null where it cannot be computed."""

    current: Number | None
    previous: Number | None

    @property
    def change(self) -> Number | None:
        if self.current is None or self.previous is None:
            return None
        return self.current - self.previous

    @property
    def growth(self) -> Decimal | None:
        """In percent of the period before; from nothing, nothing can be said."""
        if self.change is None or not self.previous:
            return None
        return ratio(100 * Decimal(self.change), abs(Decimal(self.previous)))


def ratio(part: Number, whole: Number) -> Decimal | None:
    """Rounded to cents, half away from zero; null where there is nothing to divide by."""
    if whole == 0:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
