"""What came of an import, in figures that can be held against the file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from interchange.rules.orders import Order


@dataclass(slots=True)
class Total:
    """How many, and how much in cents."""

    count: int = 0
    cents: int = 0

    def add(self, cents: int) -> None:
        """One more of this amount."""
        self.count += 1
        self.cents += cents


@dataclass(slots=True)
class Points:
    """Points that moved: of sales, of returns, of new cards, and those whose time has passed."""

    awarded: int = 0
    taken_back: int = 0
    bonus: int = 0
    expired: int = 0


@dataclass(slots=True)
class ImportSummary:
    """Lines and refusals are those of the file; all else is what this run added."""

    lines: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    duplicate_lines: int = 0
    customers: int = 0
    shops: int = 0
    sales: Total = field(default_factory=Total)
    identified: Total = field(default_factory=Total)
    returns: Total = field(default_factory=Total)
    points: Points = field(default_factory=Points)
    already_present: int = 0
    currency: str = ""
    rejects_file: str = ""
    seconds: float = 0.0

    def count(self, orders: Iterable[Order]) -> None:
        """Add new orders to the totals."""
        for order in orders:
            if order.is_return:
                self.returns.add(order.cents)
                continue
            self.sales.add(order.cents)
            if order.customer:
                self.identified.add(order.cents)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; money in the currency's unit, exact to the cent."""
        return {
            "lines": self.lines,
            "rejected": dict(sorted(self.rejected.items())),
            "duplicate_lines": self.duplicate_lines,
            "customers": self.customers,
            "shops": self.shops,
            "sales": {
                "count": self.sales.count,
                "amount": self.sales.cents / 100,
                "identified_count": self.identified.count,
                "identified_amount": self.identified.cents / 100,
            },
            "returns": {"count": self.returns.count, "amount": self.returns.cents / 100},
            "points": {
                "awarded": self.points.awarded,
                "taken_back": self.points.taken_back,
                "bonus": self.points.bonus,
                "expired": self.points.expired,
            },
            "already_present": self.already_present,
            "currency": self.currency,
            "rejects_file": self.rejects_file,
            "seconds": round(self.seconds, 2),
        }
