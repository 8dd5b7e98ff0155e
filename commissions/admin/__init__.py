"""Commission in the back office, a module for each kind of page."""

from commissions.admin import bank, lines, payout_runs, payouts, periods, rates, runs

__all__ = ["bank", "lines", "payout_runs", "payouts", "periods", "rates", "runs"]
