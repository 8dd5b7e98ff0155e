"""Making the lines of some sources what they should be: the one place that writes lines of sales and refunds.

What should be is computed anew from transactions and rates and compared with what stands there, so that a run
repeated, in other batches or after a crash ends at the same lines. What closed periods hold never changes: the
difference to it is posted as an adjustment in the next open period. Set-based: the rules run in Python, the comparison
in the database. The caller owns the transaction and holds the partner's lock (`commissions.services.locking`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from commissions.models import CommissionPeriod
from commissions.rules.currency import unit_of
from commissions.rules.lines import Line, accrue
from commissions.rules.months import first_day, next_month, posts_in
from commissions.rules.rates import RateBook
from commissions.rules.reversals import reverse
from commissions.selectors.sources import IN_MONTH, read_refunds, read_sales
from partners.models import Partner

SHOWN_CHANGES = 100

_TABLES = """
CREATE TEMPORARY TABLE wanted_source (id bigint PRIMARY KEY) ON COMMIT DROP;
CREATE TEMPORARY TABLE desired_line (
    source_id bigint, component text, category text, kind text, month text, origin_month text, shop_id bigint,
    local_on date, base numeric, rate_id bigint, amount numeric
) ON COMMIT DROP;
CREATE TEMPORARY TABLE place (month text PRIMARY KEY, period_id bigint, posted text) ON COMMIT DROP;
"""
_DROP = "DROP TABLE wanted_source, desired_line, place"
_WANT = """
INSERT INTO wanted_source SELECT t.id FROM ledger_transaction t
WHERE t.partner_id = %(partner)s AND (t.type = 'purchase') = %(is_sale)s AND
"""
_BY_ID = "(t.id = ANY(%(ids)s) OR t.original_id = ANY(%(ids)s))"
_OF_ITS_SALES = (
    """
INSERT INTO wanted_source SELECT r.id FROM ledger_transaction t JOIN ledger_transaction r ON r.original_id = t.id
WHERE t.partner_id = %(partner)s AND t.type = 'purchase' AND
"""
    + IN_MONTH
    + " ON CONFLICT DO NOTHING"
)
# What stands there now.
_PRESENT = """
SELECT e.source_id, e.component, e.category, e.kind, e.revision, p.month, e.origin_month, e.shop_id, e.local_on, e.base,
       e.rate_id, e.amount, p.state = 'open'
FROM wanted_source w
JOIN commissions_commissionentry e
  ON e.source_id = w.id AND e.partner_id = %(partner)s AND e.source_type = 'transaction'
JOIN commissions_commissionperiod p ON p.id = e.period_id
"""
_FROZEN = """
CREATE TEMPORARY TABLE frozen_line ON COMMIT DROP AS
SELECT e.source_id, e.component, e.category, sum(e.amount) AS amount, sum(e.base) AS base, max(e.revision) AS revision,
       min(e.origin_month) AS origin_month, max(p.month) AS month, max(e.local_on) AS local_on,
       max(e.shop_id) AS shop_id, (array_agg(e.rate_id ORDER BY e.id DESC))[1] AS rate_id
FROM wanted_source w
JOIN commissions_commissionentry e
  ON e.source_id = w.id AND e.partner_id = %(partner)s AND e.source_type = 'transaction'
JOIN commissions_commissionperiod p ON p.id = e.period_id AND p.state <> 'open'
GROUP BY 1, 2, 3
"""
_TARGET = """
CREATE TEMPORARY TABLE target_line ON COMMIT DROP AS
SELECT d.source_id, d.component, d.category, 1::bigint AS rank,
       CASE WHEN f.source_id IS NOT NULL THEN 'adjustment'
            WHEN d.kind = 'accrual' AND p.posted <> d.month THEN 'late_accrual' ELSE d.kind END AS kind,
       coalesce(f.revision + 1, 0) AS revision, p.period_id, d.origin_month, d.shop_id, d.local_on,
       d.base - coalesce(f.base, 0) AS base, d.rate_id, d.amount - coalesce(f.amount, 0) AS amount
FROM desired_line d JOIN place p ON p.month = d.month LEFT JOIN frozen_line f USING (source_id, component, category)
WHERE f.source_id IS NULL OR f.amount <> d.amount
UNION ALL
SELECT f.source_id, f.component, f.category, 1, 'adjustment', f.revision + 1, p.period_id, f.origin_month, f.shop_id,
       f.local_on, -f.base, f.rate_id, -f.amount
FROM frozen_line f JOIN place p ON p.month = f.month LEFT JOIN desired_line d USING (source_id, component, category)
WHERE d.source_id IS NULL AND f.amount <> 0
"""
_FIELDS = ("kind", "revision", "period_id", "origin_month", "shop_id", "local_on", "base", "rate_id", "amount")
_CHANGES = f"""
CREATE TEMPORARY TABLE line_change ON COMMIT DROP AS
SELECT o.id, o.period_id AS old_period, o.kind AS old_kind, o.amount AS old_amount, source_id, component, category,
       {", ".join(f"t.{name}" for name in _FIELDS)},
       CASE WHEN o.id IS NULL THEN 'create' WHEN t.kind IS NULL THEN 'remove'
            WHEN ({", ".join(f"o.{name}" for name in _FIELDS)})
                IS DISTINCT FROM ({", ".join(f"t.{name}" for name in _FIELDS)}) THEN 'update'
            ELSE 'keep' END AS action
FROM (
    SELECT e.*, row_number() OVER (PARTITION BY e.source_id, e.component, e.category ORDER BY e.id) AS rank
    FROM wanted_source w
    JOIN commissions_commissionentry e
      ON e.source_id = w.id AND e.partner_id = %(partner)s AND e.source_type = 'transaction'
    JOIN commissions_commissionperiod p ON p.id = e.period_id AND p.state = 'open'
) AS o FULL JOIN target_line t USING (source_id, component, category, rank)
"""
_REMOVE = "DELETE FROM commissions_commissionentry e USING line_change c WHERE c.action = 'remove' AND e.id = c.id"
_UPDATE = f"""
UPDATE commissions_commissionentry e SET {", ".join(f"{name} = c.{name}" for name in _FIELDS)}
FROM line_change c WHERE c.action = 'update' AND e.id = c.id
"""
_CREATE = f"""
INSERT INTO commissions_commissionentry
    (partner_id, source_id, component, category, currency, {", ".join(_FIELDS)})
SELECT %(partner)s, source_id, component, category, %(currency)s, {", ".join(_FIELDS)}
FROM line_change WHERE action = 'create' ORDER BY source_id, component, base DESC, category
"""
_TOTALS = """
UPDATE commissions_commissionperiod p SET lines = p.lines + d.lines, total = p.total + d.total
FROM (
    SELECT period_id, sum(lines) AS lines, sum(total) AS total FROM (
        SELECT old_period AS period_id, -count(*) AS lines, -sum(old_amount) AS total
        FROM line_change WHERE action IN ('remove', 'update') GROUP BY 1
        UNION ALL
        SELECT period_id, count(*), sum(amount) FROM line_change WHERE action IN ('create', 'update') GROUP BY 1
    ) AS parts GROUP BY 1
) AS d WHERE p.id = d.period_id
"""
_COUNTS = "SELECT action, count(*), count(*) FILTER (WHERE kind = 'adjustment') FROM line_change GROUP BY 1"
_SHOWN = """
SELECT source_id, component, category, action, old_kind, old_amount, kind, amount FROM line_change
WHERE action <> 'keep' ORDER BY source_id, component, category LIMIT %s
"""
_COLUMNS = ", ".join(Line._fields)


@dataclass(slots=True)
class Changes:
    """What a run changed, line by line; `shown` are some of the changes, before and after."""

    created: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    adjustments: int = 0
    sales: int = 0
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.created or self.updated or self.removed)

    def add(self, counts: Mapping[str, tuple[int, int]], shown: list[dict[str, Any]]) -> None:
        """Count one more step."""
        self.created += counts.get("create", (0, 0))[0]
        self.updated += counts.get("update", (0, 0))[0]
        self.removed += counts.get("remove", (0, 0))[0]
        self.unchanged += counts.get("keep", (0, 0))[0]
        self.adjustments += counts.get("create", (0, 0))[1] + counts.get("update", (0, 0))[1]
        self.shown += shown[: SHOWN_CHANGES - len(self.shown)]


class Restating:
    """One run over one partner's lines. Use `restating()`, which prepares its tables."""

    def __init__(self, partner: Partner, book: RateBook) -> None:
        self.partner, self.book = partner, book
        self.unit = unit_of(partner.currency)
        self.changes = Changes()
        own = CommissionPeriod.objects.filter(partner=partner, currency=partner.currency)
        # The anchor of partner money (decision 7), always in the order of months.
        self.periods = {period.month: period for period in own.select_for_update().order_by("month")}
        self.closed = {month for month, period in self.periods.items() if not period.is_open}

    def restate(self, ids: Collection[int]) -> None:
        """The lines of these transactions, and of the refunds of those that are sales."""
        wanted = {"ids": list(ids)}
        self._want(_BY_ID, wanted, is_sale=True)
        if self.book.has_tiers:
            # A sale moves those after it into other tiers: the whole month counts.
            for month in self._wanted_months():
                self.restate_month(month)
            self._want(_BY_ID, wanted, is_sale=False)
        else:
            self._post(accrue(read_sales(partner=self.partner), self.book, self.unit))
            self._want(_BY_ID, wanted, is_sale=False)
        self._reverse()

    def restate_month(self, month: str) -> None:
        """The lines of all sales of a month, then of its refunds and of the refunds of its sales."""
        days = {"begin": first_day(month), "end": first_day(next_month(month))}
        if self._want(IN_MONTH, days, is_sale=True):
            self._post(accrue(read_sales(partner=self.partner), self.book, self.unit))
        if self._want(IN_MONTH, days, is_sale=False, also=_OF_ITS_SALES):
            self._reverse()

    def _want(self, where: str, values: Mapping[str, Any], *, is_sale: bool, also: str = "") -> int:
        parameters = {**values, "partner": self.partner.pk, "is_sale": is_sale}
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE wanted_source, desired_line")
            cursor.execute(_WANT + where, parameters)
            count = cursor.rowcount
            if also:
                cursor.execute(also, parameters)
                count += cursor.rowcount
            cursor.execute("ANALYZE wanted_source")
        self.changes.sales += count
        return count

    def _wanted_months(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT to_char(t.local_on, 'YYYY-MM') FROM wanted_source w "
                "JOIN ledger_transaction t ON t.id = w.id ORDER BY 1"
            )
            return [row[0] for row in cursor.fetchall()]

    def _reverse(self) -> None:
        self._post(reverse(part, self.unit) for part in read_refunds(partner=self.partner))

    def _post(self, lines: Iterable[Line]) -> None:
        """Bring the lines of the wanted sources to what they should be."""
        changed = self._without_unchanged(list(lines))
        if changed is None:
            return
        months: set[str] = set(self.closed)
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY desired_line ({_COLUMNS}) FROM STDIN") as copy:
                for line in changed:
                    copy.write_row(line)
                    months.add(line.month)
            cursor.execute("ANALYZE desired_line")
            self._place(cursor, months)
            parameters: dict[str, Any] = {"partner": self.partner.pk, "currency": self.partner.currency}
            for statement in (_FROZEN, _TARGET, _CHANGES):
                cursor.execute(statement, parameters)
            cursor.execute(_COUNTS)
            counts = {action: (count, adjustments) for action, count, adjustments in cursor.fetchall()}
            for action, statement in (("remove", _REMOVE), ("update", _UPDATE), ("create", _CREATE)):
                if action in counts:
                    cursor.execute(statement, parameters)
            shown: list[dict[str, Any]] = []
            if set(counts) - {"keep"}:
                cursor.execute(_TOTALS)
                shown = self._shown(cursor)
            self.changes.add(counts, shown)
            cursor.execute("DROP TABLE frozen_line, target_line, line_change")

    def _without_unchanged(self, lines: list[Line]) -> list[Line] | None:
        """The lines of sources where something may have changed; None: there are none, and nothing to do.

        Most of a run finds nothing changed, and comparing here is cheaper than there.
        """
        # A source with several lines of one group is never "as it should be" at first sight.
        changed: set[int] = set()
        present: dict[Any, Any] = {}
        with connection.cursor() as cursor:
            cursor.execute(_PRESENT, {"partner": self.partner.pk})
            for row in cursor.fetchall():
                key = row[:3]
                if key in present:
                    changed.add(row[0])
                present[key] = row[3:]
        if not present:
            return lines
        same_and_open: list[int] = []
        for line in lines:
            found = present.pop((line.source_id, line.component, line.category), None)
            if found is None or found != self._as_present(line, is_open=found[-1]):
                changed.add(line.source_id)
            elif found[-1]:
                same_and_open.append(line.source_id)
        changed |= {key[0] for key in present}
        self.changes.unchanged += sum(1 for source_id in same_and_open if source_id not in changed)
        if not changed:
            return None
        lines = [line for line in lines if line.source_id in changed]
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM wanted_source WHERE NOT id = ANY(%s)", [list(changed)])
        return lines

    def _as_present(self, line: Line, *, is_open: bool) -> tuple[Any, ...]:
        """How a line that is as it should be reads."""
        posted = posts_in(line.month, self.closed) if is_open else line.month
        kind = "late_accrual" if line.kind == "accrual" and posted != line.month else line.kind
        place = (posted, line.origin_month, line.shop_id, line.local_on)
        return (kind, 0, *place, line.base, line.rate_id, line.amount, is_open)

    def _place(self, cursor: Any, months: Iterable[str]) -> None:
        """Where each month's facts are posted; periods are made as they are needed."""
        posted = {month: posts_in(month, self.closed) for month in months}
        missing = sorted(set(posted.values()) - set(self.periods))
        for month in missing:
            self.periods[month] = CommissionPeriod.objects.create(
                partner=self.partner, month=month, currency=self.partner.currency
            )
        cursor.execute("TRUNCATE place")
        cursor.execute(
            "INSERT INTO place SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[])",
            [list(posted), [self.periods[month].pk for month in posted.values()], list(posted.values())],
        )

    def _shown(self, cursor: Any) -> list[dict[str, Any]]:
        room = SHOWN_CHANGES - len(self.changes.shown)
        if room <= 0:
            return []
        cursor.execute(_SHOWN, [room])
        return [
            {
                "source_id": source_id,
                "component": component,
                "category": category or None,
                "action": action,
                "before": None if old_kind is None else {"kind": old_kind, "amount": _text(old_amount)},
                "after": None if kind is None else {"kind": kind, "amount": _text(amount)},
            }
            for source_id, component, category, action, old_kind, old_amount, kind, amount in cursor.fetchall()
        ]


def _text(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


@contextmanager
def restating(*, partner: Partner, book: RateBook) -> Iterator[Restating]:
    """A run with its tables, which are gone afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
    yield Restating(partner, book)
    with connection.cursor() as cursor:
        cursor.execute(_DROP)
