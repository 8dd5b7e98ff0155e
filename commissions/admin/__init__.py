"""Commission in the back office, a module for each kind of page."""

from commissions.admin import lines, manual, periods, rates, runs, statements, terms

__all__ = ["lines", "manual", "periods", "rates", "runs", "statements", "terms"]
