"""Commission in the back office, a module for each kind of page."""

from commissions.admin import (
    bank,
    lines,
    manual,
    payout_runs,
    payouts,
    periods,
    rates,
    runs,
    statements,
    terms,
)

__all__ = [
    "bank",
    "lines",
    "manual",
    "payout_runs",
    "payouts",
    "periods",
    "rates",
    "runs",
    "statements",
    "terms",
]
