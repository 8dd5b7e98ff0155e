"""Which days a named period covers, and how they are grouped."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

PERIODS = ("day", "week", "month", "year")
DAYS = {"day": 1, "week": 7, "month": 30}
MONTHS_OF_YEAR = 12


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to `last`, both included; grouped by `unit` (day or month)."""

    name: str
    first: date
    last: date
    unit: str

    def starts(self) -> Iterator[date]:
        """The first day of every group."""
        day = self.first
        while day <= self.last:
            yield day
            day = day + timedelta(days=1) if self.unit == "day" else _next_month(day)


def period_of(name: str, today: date) -> Period:
    """`day` is today, `week` and `month` are the 7 and 30 days that end today, `year` the 12 months that end now."""
    if name == "year":
        months = today.year * 12 + today.month - MONTHS_OF_YEAR
        return Period(name, date(months // 12, months % 12 + 1, 1), today, "month")
    return Period(name, today - timedelta(days=DAYS[name] - 1), today, "day")


def share(part: int, whole: int) -> float | None:
    """A part of a whole; of nothing there is no share."""
    return round(part / whole, 4) if whole else None


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
