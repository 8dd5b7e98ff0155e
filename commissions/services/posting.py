"""Bringing the lines that stand to what they should be: the one place that writes lines of sales and refunds.

What closed months hold never changes: the difference to it is posted as an adjustment in the next open month. All of it
is set-based; a run that finds nothing to change compares once and writes nothing.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from commissions.choices import FOLLOWING
from commissions.models import CommissionPeriod
from commissions.rules.months import posts_in
from commissions.selectors.sources import Wanted
from partners.models import Partner

SHOWN_CHANGES = 100
TABLES = """
CREATE TEMPORARY TABLE IF NOT EXISTS place (month text, posted text, period_id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS present_line (
    id bigint, source_id bigint, component text, category text, kind text, revision bigint, period_id bigint,
    origin_month text, shop_id bigint, local_on date, base numeric, rate_id bigint, amount numeric, is_open boolean,
    month text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS changed_source (id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS line_change (
    id bigint, old_period bigint, old_kind text, old_amount numeric, source_id bigint, component text, category text,
    kind text, revision bigint, period_id bigint, origin_month text, shop_id bigint, local_on date, base numeric,
    rate_id bigint, amount numeric, action text
) ON COMMIT DROP;
"""
# Lines that somebody wrote, and those that a statement adds, have no sale to follow: no comparison ever sees them.
_PRESENT = f"""
INSERT INTO present_line
SELECT e.id, e.source_id, e.component, e.category, e.kind, e.revision, e.period_id, e.origin_month, e.shop_id,
       e.local_on, e.base, e.rate_id, e.amount, p.state = 'open', p.month
FROM wanted_source w
JOIN commissions_commissionentry e ON e.source_id = w.id AND e.partner_id = %(partner)s
 AND e.source_type = 'transaction' AND e.kind IN ({", ".join(f"'{kind.value}'" for kind in FOLLOWING)})
 AND e.source_id BETWEEN %(first)s AND %(last)s
JOIN commissions_commissionperiod p ON p.id = e.period_id
"""
# Where nothing but one line stands for each that is wanted, and says the same. Of a closed month the amount decides.
_CHANGED = """
INSERT INTO changed_source
SELECT DISTINCT coalesce(d.source_id, e.source_id)
FROM (SELECT * FROM desired_line JOIN place USING (month)) AS d
FULL JOIN present_line e USING (source_id, component, category)
WHERE d.source_id IS NULL OR e.source_id IS NULL OR e.revision <> 0 OR d.amount <> e.amount OR (e.is_open AND (
    e.kind, e.period_id, e.origin_month, e.local_on, e.base, e.shop_id, e.rate_id
) IS DISTINCT FROM (
    CASE WHEN d.kind = 'accrual' AND d.posted <> d.month THEN 'late_accrual' ELSE d.kind END,
    d.period_id, d.origin_month, d.local_on, d.base, d.shop_id, d.rate_id
))
"""
_NARROW = """
DELETE FROM desired_line WHERE source_id NOT IN (SELECT id FROM changed_source);
DELETE FROM present_line WHERE source_id NOT IN (SELECT id FROM changed_source);
"""
_FIELDS = ("kind", "revision", "period_id", "origin_month", "shop_id", "local_on", "base", "rate_id", "amount")
_CHANGES = f"""
INSERT INTO line_change
WITH frozen AS MATERIALIZED (
    SELECT source_id, component, category, sum(amount) AS amount, sum(base) AS base, max(revision) AS revision,
           min(origin_month) AS origin_month, max(month) AS month, max(local_on) AS local_on, max(shop_id) AS shop_id,
           (array_agg(rate_id ORDER BY id DESC))[1] AS rate_id
    FROM present_line WHERE NOT is_open GROUP BY 1, 2, 3
),
target AS (
    SELECT d.source_id, d.component, d.category, 1::bigint AS rank,
           CASE WHEN f.source_id IS NOT NULL THEN 'adjustment'
                WHEN d.kind = 'accrual' AND p.posted <> d.month THEN 'late_accrual' ELSE d.kind END AS kind,
           coalesce(f.revision + 1, 0) AS revision, p.period_id, d.origin_month, d.shop_id, d.local_on,
           d.base - coalesce(f.base, 0) AS base, d.rate_id, d.amount - coalesce(f.amount, 0) AS amount
    FROM desired_line d JOIN place p ON p.month = d.month LEFT JOIN frozen f USING (source_id, component, category)
    WHERE f.source_id IS NULL OR f.amount <> d.amount
    UNION ALL
    SELECT f.source_id, f.component, f.category, 1, 'adjustment', f.revision + 1, p.period_id, f.origin_month,
           f.shop_id, f.local_on, -f.base, f.rate_id, -f.amount
    FROM frozen f JOIN place p ON p.month = f.month LEFT JOIN desired_line d USING (source_id, component, category)
    WHERE d.source_id IS NULL AND f.amount <> 0
),
present AS (
    SELECT *, row_number() OVER (PARTITION BY source_id, component, category ORDER BY id) AS rank
    FROM present_line WHERE is_open
)
SELECT o.id, o.period_id, o.kind, o.amount, source_id, component, category,
       {", ".join(f"t.{name}" for name in _FIELDS)},
       CASE WHEN o.id IS NULL THEN 'create' WHEN t.kind IS NULL THEN 'remove' ELSE 'update' END
FROM present o FULL JOIN target t USING (source_id, component, category, rank)
WHERE ({", ".join(f"o.{name}" for name in _FIELDS)}) IS DISTINCT FROM ({", ".join(f"t.{name}" for name in _FIELDS)})
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
ORDER BY source_id, component, category LIMIT %s
"""


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

    def add(self, other: "Changes") -> None:
        """Count one more step."""
        for name in ("created", "updated", "removed", "unchanged", "adjustments", "sales"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.shown += other.shown[: SHOWN_CHANGES - len(self.shown)]


class Posting:
    """Brings the lines of one partner's wanted sources to `desired_line`."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        own = CommissionPeriod.objects.filter(partner=partner, currency=partner.currency)
        # The anchor of partner money (decision 7), always in the order of months.
        self.periods = {period.month: period for period in own.select_for_update().order_by("month")}
        self.closed = {month for month, period in self.periods.items() if not period.is_open}
        self.changes = Changes()

    def post(self, wanted: Wanted) -> None:
        """Compare, and change what differs."""
        with connection.cursor() as cursor:
            self._place(cursor)
            cursor.execute(_PRESENT, {"partner": self.partner.pk, "first": wanted.first, "last": wanted.last})
            if cursor.rowcount:
                cursor.execute("SELECT count(*) FROM present_line WHERE is_open")
                self.changes.unchanged += cursor.fetchone()[0]
                cursor.execute(_CHANGED)
                if not cursor.rowcount:
                    return
                cursor.execute(_NARROW)
            self._make_periods(cursor)
            cursor.execute(_CHANGES)
            if cursor.rowcount:
                self._change(cursor)

    def _change(self, cursor: Any) -> None:
        cursor.execute(_COUNTS)
        counts = {action: (count, adjustments) for action, count, adjustments in cursor.fetchall()}
        parameters = {"partner": self.partner.pk, "currency": self.partner.currency}
        for action, statement in (("remove", _REMOVE), ("update", _UPDATE), ("create", _CREATE)):
            if action in counts:
                cursor.execute(statement, parameters)
        cursor.execute(_TOTALS)
        (created, corrections), (updated, more) = counts.get("create", (0, 0)), counts.get("update", (0, 0))
        removed = counts.get("remove", (0, 0))[0]
        self.changes.add(
            Changes(created, updated, removed, -updated - removed, corrections + more, shown=self._shown(cursor))
        )

    def _place(self, cursor: Any) -> None:
        """Where each month's facts are posted."""
        cursor.execute("SELECT DISTINCT month FROM desired_line")
        months = {row[0] for row in cursor.fetchall()} | self.closed
        posted = {month: posts_in(month, self.closed) for month in months}
        numbers = [self.periods[month].pk if month in self.periods else None for month in posted.values()]
        cursor.execute(
            "INSERT INTO place SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])",
            [list(posted), list(posted.values()), numbers],
        )

    def _make_periods(self, cursor: Any) -> None:
        """Periods are made as they are needed."""
        cursor.execute("SELECT DISTINCT posted FROM place WHERE period_id IS NULL ORDER BY 1")
        for (month,) in cursor.fetchall():
            period = CommissionPeriod.objects.create(partner=self.partner, month=month, currency=self.partner.currency)
            self.periods[month] = period
            cursor.execute("UPDATE place SET period_id = %s WHERE posted = %s", [period.pk, month])

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
