"""Windows of local days, half-open, and how they are read: whole months as months, their ends as days."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

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
    """A piece of a window: whole months, days beside them, or days of those months that are too much."""

    first: date
    until: date
    kind: Literal["month", "day", "not_day"]


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


def spans_of(window: Window, today: date) -> list[Span]:
    """The same days in as few rows of the roll-up as there can be, where it is this day."""
    begin, end = window.first.replace(day=1), window.until.replace(day=1)
    if begin < end:
        head, tail = _head(window.first), _tail(window.until, today)
    else:
        # Within one month: its days, or the whole of it less the others.
        end = month_from(window.until)
        less = [Span(begin, window.first, "not_day"), Span(window.until, end, "not_day")]
        if _cost(less, today) + 1 >= window.days:
            return [Span(window.first, window.until, "day")]
        head, tail = (begin, less[0]), (end, less[1])
    pieces = [head[1], Span(head[0], tail[0], "month"), tail[1]]
    return [piece for piece in pieces if piece.first < piece.until]


def _head(first: date) -> tuple[date, Span]:
    """From where on months are read, and the days before or after that."""
    down, up = first.replace(day=1), month_from(first)
    if first - down < up - first:
        return down, Span(down, first, "not_day")
    return up, Span(first, up, "day")


def _tail(until: date, today: date) -> tuple[date, Span]:
    """Until where months are read, and the days after or before that."""
    down, up = until.replace(day=1), month_from(until)
    less = Span(until, up, "not_day")
    if _cost([less], today) < (until - down).days:
        return up, less
    return down, Span(down, until, "day")


def _cost(spans: list[Span], today: date) -> int:
    """How many rows there can be: of days to come there are none."""
    tomorrow = today + timedelta(days=1)
    return sum(max((min(span.until, tomorrow) - span.first).days, 0) for span in spans)


def held_spans(until: date, today: date) -> tuple[Span, Span, Span]:
    """Everything before a day: whole months, the days after them, and days of those months that are too much.

    Whichever are fewer are read; of days to come there are none.
    """
    begin, end = until.replace(day=1), next_month(until)
    if until > today or end - until < until - begin:
        end = begin if until == begin else end
        return _before(end), Span(end, end, "day"), Span(until, end, "not_day")
    return _before(begin), Span(begin, until, "day"), Span(begin, begin, "not_day")


def _before(day: date) -> Span:
    return Span(date.min, day, "month")


def month_from(day: date) -> date:
    """The first day of a month, on this day or after it."""
    return day if day.day == 1 else next_month(day)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
