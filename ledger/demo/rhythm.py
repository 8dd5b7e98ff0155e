"""When people buy: growth over the year, seasons, weekdays, holidays, and two peaks a day."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 365
# Share of a normal day's sales; the rest of the year is 1.
HOLIDAYS = {(1, 1): 0.1, (2, 16): 0.8, (3, 11): 0.8, (12, 24): 0.5, (12, 25): 0.0, (12, 26): 0.5, (12, 31): 0.7}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a kind of business lives. Months from January, weekdays from Monday, hours from midnight."""

    months: tuple[float, ...]
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    growth: float


def _hours(*peaks: tuple[float, float, float], floor: float = 0.05) -> tuple[float, ...]:
    """Bells over the day: (hour, width, height)."""
    return tuple(
        floor + sum(height * math.exp(-(((hour + 0.5 - center) / width) ** 2)) for center, width, height in peaks)
        for hour in range(24)
    )


CAFE = Rhythm(
    months=(0.88, 0.92, 0.97, 1.0, 1.05, 1.08, 1.0, 0.98, 1.05, 1.04, 1.0, 1.18),
    weekdays=(0.95, 1.0, 1.03, 1.05, 1.25, 1.02, 0.7),
    hours=_hours((8.6, 1.4, 1.0), (12.7, 1.3, 0.75), (16.6, 1.6, 0.5)),
    growth=0.35,
)
BOOKS = Rhythm(
    months=(0.7, 0.8, 0.85, 0.9, 0.9, 0.85, 0.75, 1.15, 1.3, 0.95, 1.2, 2.1),
    weekdays=(0.8, 0.8, 0.85, 0.95, 1.2, 1.5, 0.9),
    hours=_hours((12.8, 1.5, 0.8), (17.4, 1.6, 1.0)),
    growth=0.15,
)
TEA = Rhythm(
    months=(1.0, 0.95, 0.95, 0.85, 0.8, 0.7, 0.7, 0.75, 0.95, 1.1, 1.5, 1.8),
    weekdays=(0.9, 0.85, 0.9, 0.95, 1.1, 1.35, 0.95),
    hours=_hours((11.2, 1.6, 0.9), (15.3, 1.7, 1.0), (20.6, 1.7, 0.5)),
    growth=0.5,
)


def daily_counts(rhythm: Rhythm, last_day: date, total: int, draw: random.Random) -> list[tuple[date, int]]:
    """The last 365 days with how many sales each had, `total` together but for chance."""
    days = [last_day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    shares = [day_factor(rhythm, day, number / DAYS) for number, day in enumerate(days)]
    unit = total / sum(shares)
    return [(day, _around(share * unit, draw)) for day, share in zip(days, shares, strict=True)]


def day_factor(rhythm: Rhythm, day: date, progress: float) -> float:
    """How busy a day is against the year's average; months run smoothly into one another."""
    middle = (day.day - 15) / 30
    month, neighbor = rhythm.months[day.month - 1], rhythm.months[(day.month - (2 if middle < 0 else 0)) % 12]
    season = month + (neighbor - month) * abs(middle)
    growth = 1 + rhythm.growth * (progress - 0.5)
    return season * growth * rhythm.weekdays[day.weekday()] * HOLIDAYS.get((day.month, day.day), 1.0)


def _around(mean: float, draw: random.Random) -> int:
    """A whole number whose average is `mean`, spread as counts of independent visits are."""
    noisy = max(0.0, draw.gauss(mean, math.sqrt(mean)))
    whole = int(noisy)
    return whole + (draw.random() < noisy - whole)


def hour_of(rhythm: Rhythm, hours: Sequence[int], draw: random.Random) -> int:
    """An hour within the opening hours (from, to)."""
    begin, end = hours
    return draw.choices(range(begin, end), rhythm.hours[begin:end])[0]
