"""Windows of local days, half-open, and how they are read: whole months as months, their ends as days."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.rules.ranges import RANGES, days_of

DEFAULT = "last_30_days"
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z", re.ASCII)
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)
MOST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Window:
    """Local days from `first` up to, and without, `until`."""

    first: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.first).days

    @property
    def last(self) -> date:
        """The last day of it."""
        return self.until - timedelta(days=1)

    @property
    def before(self) -> "Window":
        """As many days just before it, to compare with."""
        return Window(self.first - timedelta(days=self.days), self.first)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a window: of whole months, or of days."""

    first: date
    until: date
    is_month: bool


def is_period(text: str) -> bool:
    """Whether this names a window: one of the ranges, or a month such as 2026-07."""
    return text in RANGES or (MONTH.match(text) is not None and EARLIEST <= date.fromisoformat(f"{text}-01") < LATEST)


def window_of(period: str, today: date) -> Window:
    """The window that a name means on a day."""
    if MONTH.match(period):
        first = date.fromisoformat(f"{period}-01")
        return Window(first, next_month(first))
    first, last = days_of(period, today)
    return Window(first, last + timedelta(days=1))


def spans_of(window: Window) -> list[Span]:
    """The same days in as few rows of the roll-up as there can be."""
    begin, end = month_from(window.first), window.until.replace(day=1)
    if begin >= end:
        return [Span(window.first, window.until, is_month=False)]
    pieces = [
        Span(window.first, begin, is_month=False),
        Span(begin, end, is_month=True),
        Span(end, window.until, is_month=False),
    ]
    return [piece for piece in pieces if piece.first < piece.until]


def held_spans(until: date, today: date) -> tuple[Span, Span, Span]:
    """Everything before a day: whole months, the days after them, and days of those months that are too much.

    Whichever are fewer are read; of days to come there are none.
    """
    begin, end = until.replace(day=1), next_month(until)
    if until > today or end - until < until - begin:
        end = begin if until == begin else end
        return _before(end), Span(end, end, is_month=False), Span(until, end, is_month=False)
    return _before(begin), Span(begin, until, is_month=False), Span(begin, begin, is_month=False)


def _before(day: date) -> Span:
    return Span(date.min, day, is_month=True)


def month_from(day: date) -> date:
    """The first day of a month, on this day or after it."""
    return day if day.day == 1 else next_month(day)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
