"""Commission in the back office, a module for each kind of page."""

from commissions.admin import lines, periods, rates, runs

__all__ = ["lines", "periods", "rates", "runs"]
