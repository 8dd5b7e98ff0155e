"""Making the lines of some sources what they should be.

What should be is computed anew from transactions and rates (`computing`) and compared with what stands there
(`posting`), so that a run repeated, in other batches or after a crash ends at the same lines. The caller owns the
transaction and holds the partner's lock (`commissions.services.locking`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

from commissions.rules.currency import unit_of
from commissions.rules.months import first_day, next_month
from commissions.rules.rates import RateBook
from commissions.selectors.sources import IN_MONTH, WANTED, Wanted, list_wanted_months, want_refunds, want_sales
from commissions.services import computing, posting
from commissions.services.computing import Computing
from commissions.services.posting import Changes, Posting
from ledger.selectors.feed import BETWEEN_MARKS, Mark, between
from partners.models import Partner

_TABLES = f"""
{WANTED}{computing.TABLES}{posting.TABLES}
"""
# Emptied for each step; the steps of rates stay for the run.
_OF_A_STEP = "desired_line, place, present_line, changed_source, line_change"
# Room for a month of a large partner; compiling statements that run once costs more than it saves.
_ROOM = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"


class Restating:
    """One run over one partner's lines. Use `restating()`, which prepares its tables."""

    def __init__(self, partner: Partner, book: RateBook) -> None:
        self.partner, self.book = partner, book
        self._computing = Computing(partner, book, unit_of(partner.currency))
        self._posting = Posting(partner)

    @property
    def changes(self) -> Changes:
        return self._posting.changes

    @property
    def closed(self) -> set[str]:
        """The months that no longer change."""
        return self._posting.closed

    def restate_new(self, after: Mark, upto: Mark) -> None:
        """The lines of what the feed holds between two marks, and of the refunds of its sales."""
        values = between(after, upto)
        if self.book.has_tiers:
            # A sale moves those after it into other tiers: the whole month counts.
            for month in self._months_between(values):
                self.restate_month(month)
        else:
            self._restate_sales(BETWEEN_MARKS, values)
        self._restate_refunds(BETWEEN_MARKS, values)

    def restate_month(self, month: str) -> None:
        """The lines of all sales of a month, then of its refunds and of the refunds of its sales."""
        days = {"begin": first_day(month), "end": first_day(next_month(month))}
        self._restate_sales(IN_MONTH, days)
        self._restate_refunds(IN_MONTH, days)

    def _months_between(self, values: Mapping[str, Any]) -> list[str]:
        wanted = want_sales(partner=self.partner, where=BETWEEN_MARKS, values=values)
        return list_wanted_months() if wanted else []

    def _restate_sales(self, where: str, values: Mapping[str, Any]) -> None:
        self._restate(want_sales(partner=self.partner, where=where, values=values), self._computing.sales)

    def _restate_refunds(self, where: str, values: Mapping[str, Any]) -> None:
        self._restate(want_refunds(partner=self.partner, where=where, values=values), self._computing.refunds)

    def _restate(self, wanted: Wanted | None, compute: Callable[[], None]) -> None:
        if wanted:
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {_OF_A_STEP}")
            compute()
            self._posting.post(wanted)
            self.changes.sales += wanted.count


@contextmanager
def restating(*, partner: Partner, book: RateBook) -> Iterator[Restating]:
    """A run with its tables; a transaction of many runs has them once, because each of them is a lock until its end."""
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)
        cursor.execute(_TABLES)
        cursor.execute("TRUNCATE rate_step")
    yield Restating(partner, book)
