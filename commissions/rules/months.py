"""Months as `YYYY-MM`, which sort as time goes."""

from collections.abc import Container
from datetime import date, datetime, timedelta
from functools import lru_cache


@lru_cache(4096)
def month_of(day: date) -> str:
    """The month of a local day."""
    return f"{day.year:04}-{day.month:02}"


def first_day(month: str) -> date:
    """Where it begins."""
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def next_month(month: str) -> str:
    """The one after."""
    begin = first_day(month)
    return f"{begin.year + 1:04}-01" if begin.month == 12 else f"{begin.year:04}-{begin.month + 1:02}"


def last_day(month: str) -> date:
    """Its last day."""
    return first_day(next_month(month)) - timedelta(days=1)


def posts_in(month: str, closed: Container[str]) -> str:
    """Where a fact of `month` is posted: there, or in the next month that is not closed."""
    while month in closed:
        month = next_month(month)
    return month


def first_to_post_in(month: str, closed: Container[str]) -> str:
    """The earliest month whose facts are posted in `month`, once it is open: closed months before it end there."""
    while (earlier := month_of(first_day(month) - timedelta(days=1))) in closed:
        month = earlier
    return month


def begins_at(month: str) -> datetime:
    """Its first moment, on the partner's clock."""
    return datetime.combine(first_day(month), datetime.min.time())
