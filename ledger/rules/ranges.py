"""Named ranges of days, such as `last_30_days`."""

from datetime import date, timedelta

RANGES = (
    "today",
    "yesterday",
    "last_7_days",
    "last_30_days",
    "last_90_days",
    "this_month",
    "last_month",
    "this_year",
    "last_year",
)


def days_of(name: str, today: date) -> tuple[date, date]:
    """First and last day, both included; `last_30_days` ends today."""
    if name.startswith("last_") and name.endswith("_days"):
        return today - timedelta(days=int(name.split("_")[1]) - 1), today
    first_of_month = today.replace(day=1)
    before = first_of_month - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "this_month": (first_of_month, today),
        "last_month": (before.replace(day=1), before),
        "this_year": (today.replace(month=1, day=1), today),
        "last_year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }[name]
