"""Making the lines of some sources what they should be.

What should be is computed anew from transactions and rates (`computing`) and compared with what stands there
(`posting`), so that a run repeated, in other batches or after a crash ends at the same lines. The caller owns the
transaction and holds the partner's lock (`commissions.services.locking`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

from commissions.rules.currency import unit_of
from commissions.rules.months import first_day, next_month
from commissions.rules.rates import RateBook
from commissions.selectors.sources import IN_MONTH
from commissions.services import computing, posting
from commissions.services.computing import Computing
from commissions.services.posting import Changes, Posting
from ledger.selectors.feed import BETWEEN_MARKS, Mark, between
from partners.models import Partner

_TABLES = f"""
CREATE TEMPORARY TABLE wanted_source (id bigint) ON COMMIT DROP;
{computing.TABLES}{posting.TABLES}
"""
# Emptied for each step; the steps of rates stay for the run.
_OF_A_STEP = "wanted_source, wanted_sale, desired_line, place, present_line, changed_source, line_change"
# Room for a month of a large partner; compiling statements that run once costs more than it saves.
_ROOM = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
_WANT = """
WITH found AS (INSERT INTO wanted_source {source} RETURNING id) SELECT count(*), min(id), max(id) FROM found
"""
_SALES = "SELECT t.id FROM ledger_transaction t WHERE t.partner_id = %(partner)s AND t.type = 'purchase' AND {where}"
# Those of the same time or step, and those of its sales: what a sale pays decides what its refunds give back.
_REFUNDS = """
SELECT t.id FROM ledger_transaction t WHERE t.partner_id = %(partner)s AND t.type <> 'purchase' AND {where}
UNION
SELECT r.id FROM ledger_transaction t JOIN ledger_transaction r ON r.original_id = t.id
WHERE t.partner_id = %(partner)s AND t.type = 'purchase' AND {where}
"""
_MONTHS = """
SELECT DISTINCT to_char(t.local_on, 'YYYY-MM') FROM wanted_source w JOIN ledger_transaction t ON t.id = w.id ORDER BY 1
"""


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
        self._want(_SALES, BETWEEN_MARKS, values)
        with connection.cursor() as cursor:
            cursor.execute(_MONTHS)
            return [row[0] for row in cursor.fetchall()]

    def _restate_sales(self, where: str, values: Mapping[str, Any]) -> None:
        count, first, last = self._want(_SALES, where, values)
        if count:
            self._computing.sales()
            self._posting.post(first=first, last=last)
            self.changes.sales += count

    def _restate_refunds(self, where: str, values: Mapping[str, Any]) -> None:
        count, first, last = self._want(_REFUNDS, where, values)
        if count:
            self._computing.refunds()
            self._posting.post(first=first, last=last)
            self.changes.sales += count

    def _want(self, source: str, where: str, values: Mapping[str, Any]) -> tuple[int, int, int]:
        """Name the sources that this step is about: how many, the first, the last."""
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {_OF_A_STEP}")
            statement = _WANT.format(source=source.format(where=where))
            cursor.execute(statement, {**values, "partner": self.partner.pk})
            count, first, last = cursor.fetchone()
            cursor.execute("ANALYZE wanted_source")
        return count, first, last


@contextmanager
def restating(*, partner: Partner, book: RateBook) -> Iterator[Restating]:
    """A run with its tables, which are gone afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)
        cursor.execute(_TABLES)
    yield Restating(partner, book)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {_OF_A_STEP}, rate_step")
