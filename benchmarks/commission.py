"""Commission against the bare SQL of the same sums: following a million sales, and finding that nothing changed."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from django.db import connection
from django.utils import timezone

from benchmarks import seed
from benchmarks.report import Result
from benchmarks.stand import Stand
from commissions.models import CommissionRate
from commissions.rules.cards import Draft
from commissions.services.rates import NewCard, set_rates
from commissions.services.sync import accrue_partner, force_sync
from loyalty.services.audit import SYSTEM
from partners.models import Partner

T = TypeVar("T")
SALES, QUICK_SALES = 1_000_000, 100_000  # BENCH_SALES=... for another size
UNCHANGED = 100_000
# A year of sales, a quarter of them coffee; three in a hundred are refunded in part.
_SALES = """
INSERT INTO ledger_transaction (partner_id, type, status, source, order_id, order_total, points_discount_amount, amount,
    currency, points_awarded, points_redeemed, points_balance, points_debt, category, items_count, description,
    meta_data, occurred_at, local_on, fingerprint{more})
SELECT %(partner)s, 'purchase', 'completed', 'import', 'B-' || n, m, 0, m, 'EUR', 0, 0, 0, 0,
       CASE n %% 4 WHEN 0 THEN 'coffee' ELSE '' END, 0, '', '{{}}', at, (at AT TIME ZONE 'Europe/Vilnius')::date,
       '\\x00'{values}
FROM (SELECT n, 1 + (n::bigint * 7919 %% 9000) / 100.0 AS m,
             timestamptz '2025-10-01' + n * (interval '360 days' / %(count)s) AS at
      FROM generate_series(1, %(count)s) AS n) AS made
"""
_REFUNDS = """
INSERT INTO ledger_transaction (partner_id, type, status, source, order_id, original_id, order_total,
    points_discount_amount, amount, currency, points_awarded, points_redeemed, points_balance, points_debt, category,
    items_count, description, meta_data, occurred_at, local_on, fingerprint{more})
SELECT partner_id, 'refund', 'completed', 'import', order_id, id, 1, 0, 1, 'EUR', 0, 0, 0, 0, category, 0, '', '{{}}',
       occurred_at + interval '1 day', local_on + 1, '\\x01'{values}
FROM ledger_transaction WHERE partner_id = %(partner)s AND type = 'purchase' AND id %% 33 = 0
"""
# The same lines into a real table with the same indexes and checks; refunds, three in a hundred, are only copied.
_BARE_INSERT = """
CREATE TABLE bare (LIKE commissions_commissionentry INCLUDING ALL);
INSERT INTO bare (id, partner_id, period_id, origin_month, kind, component, source_type, source_id, category, revision,
                  local_on, base, rate_id, amount, currency, recorded_at)
SELECT t.id, t.partner_id, 1, to_char(t.local_on, 'YYYY-MM'),
       CASE t.type WHEN 'purchase' THEN 'accrual' ELSE 'adjustment' END,
       'platform', 'transaction', t.id, t.category, 0, t.local_on, t.amount, 1,
       least(greatest(round(t.amount * CASE t.category WHEN 'coffee' THEN 2.5 ELSE 4 END / 100, 2), 0.05), 10),
       t.currency, now()
FROM ledger_transaction t WHERE t.partner_id = {partner} ORDER BY t.id;
"""
_BARE_COMPARE = """
SELECT count(*) FROM ledger_transaction t
JOIN commissions_commissionentry e ON e.source_id = t.id AND e.partner_id = t.partner_id
WHERE t.partner_id = %s AND e.amount <>
    least(greatest(round(t.amount * CASE t.category WHEN 'coffee' THEN 2.5 ELSE 4 END / 100, 2), 0.05), 10)
"""


def measure(stand: Stand) -> list[Result]:
    """Two ratios, bare SQL to ours: one whole run each, because a second would find nothing to do."""
    count = int(os.environ.get("BENCH_SALES") or (QUICK_SALES if stand.is_quick else SALES))
    return [_following(count), _unchanged(UNCHANGED)]


def _following(count: int) -> Result:
    result = Result("commission_accrual_vs_sql", 0.2, 0.4, "higher")
    partner = _partner("Commission", count)
    took, done = _timed(lambda: accrue_partner(partner=partner, at=timezone.now()))
    bare = _timed(lambda: _run(_BARE_INSERT.format(partner=partner.pk)))[0]
    _run("DROP TABLE bare")
    result.rounds.append(bare / took)
    return result.finish(
        f"{done.created} lines in {took:.1f} s ({done.created / took:.0f} a second); INSERT ... SELECT {bare:.1f} s"
    )


def _unchanged(count: int) -> Result:
    result = Result("commission_unchanged_vs_sql", 0.05, 0.2, "higher")
    partner = _partner("Unchanged", count)
    accrue_partner(partner=partner, at=timezone.now())
    _run("ANALYZE commissions_commissionentry")

    def sync() -> int:
        report = force_sync(actor=SYSTEM, partner=partner, month=None, is_dry=False, at=timezone.now())
        assert report.run.created == report.run.updated == report.run.removed == 0
        return report.run.unchanged

    seconds = []
    for _ in range(3):
        took, lines = _timed(sync)
        bare = _timed(lambda: _run(_BARE_COMPARE, [partner.pk]))[0]
        result.rounds.append(bare / took)
        seconds.append(took)
    return result.finish(f"{lines} unchanged lines in {min(seconds):.2f} s; the bare comparison {bare:.2f} s")


def _partner(name: str, count: int) -> Partner:
    partner = Partner.objects.get(pk=seed.tills([name], cards=1)[0].partner_id)
    if not CommissionRate.objects.filter(partner=partner).exists():
        since = datetime(2025, 1, 1)  # noqa: DTZ001 - a wall clock
        plain = Draft("platform", percent=Decimal(4), valid_from=since)
        limits = {"minimum": Decimal("0.05"), "maximum": Decimal(10)}
        coffee = Draft("platform", percent=Decimal("2.5"), category="coffee", valid_from=since, **limits)
        set_rates(actor=SYSTEM, partner=partner, card=NewCard(rates=[plain, coffee]), at=datetime.now(UTC))
    # Columns that came later and have no default in the database.
    wanted = {"bonus_points": "0", "cashback_points": "0"}
    with connection.cursor() as cursor:
        columns = {
            column.name for column in connection.introspection.get_table_description(cursor, "ledger_transaction")
        }
    present = [name for name in wanted if name in columns]
    more = {
        "more": "".join(f", {name}" for name in present),
        "values": "".join(f", {wanted[name]}" for name in present),
    }
    for statement in (_SALES, _REFUNDS):
        _run(statement.format(**more), {"partner": partner.pk, "count": count})
    _run("ANALYZE ledger_transaction")
    return partner


def _run(statement: str, parameters: object = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    answer = call()
    return time.perf_counter() - begun, answer
