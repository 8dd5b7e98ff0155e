"""Proving commission: the invariants that can be seen in the rows, one set-based query each.

A query answers the rows that are wrong; sound books answer none. What only computing anew can show (every line is what
its sale, its refunds and the rates make of it) is proved by `commissions.services.proof`.
"""

from django.db import connection

from commissions.selectors.payout_checks import PAYOUT_CHECKS
from commissions.selectors.statement_checks import MINE, STATEMENT_CHECKS, Check, Drift

_CHECKSUM = """
encode(sha256(convert_to(coalesce((
    SELECT string_agg(concat_ws('|', e.id, e.origin_month, e.kind, e.component, e.source_type, e.source_id, e.category,
        e.revision, e.shop_id, e.local_on, e.base, e.rate_id, e.amount, e.currency), E'\\n' ORDER BY e.id)
    FROM commissions_commissionentry e WHERE e.period_id = p.id), ''), 'UTF8')), 'hex')
"""
CHECKS = (
    Check(
        "one_accrual",
        "I1: every sale that was followed has exactly one accrual for each category group",
        f"""
        SELECT t.id, format('%%s accruals', count(e.id))
        FROM ledger_transaction t
        JOIN commissions_commissioncursor c ON c.partner_id = t.partner_id
        LEFT JOIN commissions_commissionentry e ON e.source_id = t.id AND e.partner_id = t.partner_id
            AND e.source_type = 'transaction' AND e.component = 'platform'
            AND e.kind IN ('accrual', 'late_accrual', 'no_rate')
        WHERE {MINE.format("t")} AND t.type = 'purchase' AND t.status IN ('completed', 'cancelled')
          AND (t.xid, t.id) <= (c.feed_xid::text::xid8, c.feed_id)
        GROUP BY t.id HAVING count(e.id) <> count(DISTINCT e.category) OR count(e.id) = 0
        """,
    ),
    Check(
        "totals",
        "I2: a month says as many lines and as much as its lines do",
        f"""
        SELECT p.id,
               format('says %%s lines, %%s; has %%s, %%s', p.lines, p.total, count(e.id), coalesce(sum(e.amount), 0))
        FROM commissions_commissionperiod p LEFT JOIN commissions_commissionentry e ON e.period_id = p.id
        WHERE {MINE.format("p")} GROUP BY p.id
        HAVING p.lines <> count(e.id) OR p.total <> coalesce(sum(e.amount), 0)
        """,
    ),
    Check(
        "reversals",
        "I3: refunds never give back more than the sale paid, and all of it once the sale is refunded",
        f"""
        SELECT o.id, format('paid %%s, gave back %%s', o.paid, o.back) FROM (
            SELECT t.id, t.order_total, sum(e.amount) FILTER (WHERE e.source_id = t.id) AS paid,
                   -sum(e.amount) FILTER (WHERE e.source_id <> t.id) AS back,
                   (SELECT sum(r.order_total) FROM ledger_transaction r WHERE r.original_id = t.id
                        AND EXISTS (SELECT FROM commissions_commissionentry x
                                    WHERE x.source_id = r.id AND x.partner_id = r.partner_id)) AS refunded
            FROM ledger_transaction t
            LEFT JOIN ledger_transaction r ON r.original_id = t.id
            JOIN commissions_commissionentry e ON e.partner_id = t.partner_id AND e.source_type = 'transaction'
                AND e.component = 'platform' AND e.source_id IN (r.id, t.id)
            WHERE {MINE.format("t")} AND t.type = 'purchase'
              AND EXISTS (SELECT FROM ledger_transaction x WHERE x.original_id = t.id)
              AND (r.id IS NULL OR e.source_id = r.id
                   OR r.id = (SELECT min(y.id) FROM ledger_transaction y WHERE y.original_id = t.id))
            GROUP BY t.id
        ) AS o
        WHERE o.back > o.paid OR (o.refunded >= o.order_total AND o.back <> o.paid)
        """,
    ),
    Check(
        "checksums",
        "I4: the lines of a closed month are those that were locked",
        f"""
        SELECT p.id, 'lines changed after the lock' FROM commissions_commissionperiod p
        WHERE {MINE.format("p")} AND p.state <> 'open' AND p.checksum <> {_CHECKSUM}
        """,
    ),
    Check(
        "validity",
        "I7: the rate of a sale's line was valid when the sale happened",
        f"""
        SELECT e.id, format('rate %%s', r.id) FROM commissions_commissionentry e
        JOIN commissions_commissionrate r ON r.id = e.rate_id
        JOIN ledger_transaction t ON t.id = e.source_id AND t.type = 'purchase'
        JOIN partners_partner p ON p.id = e.partner_id
        JOIN commissions_commissionperiod m ON m.id = e.period_id
        LEFT JOIN commissions_commissioncursor c ON c.partner_id = e.partner_id AND c.restate_from <> ''
        WHERE {MINE.format("e")} AND e.source_type = 'transaction' AND e.kind IN ('accrual', 'late_accrual')
          AND m.state = 'open' AND (c.restate_from IS NULL OR e.origin_month < c.restate_from)
          AND NOT (r.withdrawn_at IS NULL
                   AND t.occurred_at AT TIME ZONE p.time_zone <@ tsrange(r.valid_from, r.valid_to))
          -- Defaults that were changed while the partner was locked go on for it as they were.
          AND NOT EXISTS (SELECT FROM commissions_defaultspin d,
                jsonb_to_recordset(d.rates) AS x(id bigint, "from" timestamp, "to" timestamp)
              WHERE d.partner_id = e.partner_id AND x.id = r.id
                AND t.occurred_at AT TIME ZONE p.time_zone <@ tsrange(x."from", x."to"))
        """,
    ),
    Check(
        "owner",
        "I10: a line, its month, its source and its rate belong to one partner",
        f"""
        SELECT e.id, 'of another partner' FROM commissions_commissionentry e
        JOIN commissions_commissionperiod m ON m.id = e.period_id
        LEFT JOIN commissions_commissionrate r ON r.id = e.rate_id
        LEFT JOIN ledger_transaction t ON t.id = e.source_id AND e.source_type = 'transaction'
        LEFT JOIN commissions_manualline h ON h.id = e.source_id AND e.source_type = 'manual'
        WHERE {MINE.format("e")} AND (m.partner_id <> e.partner_id OR m.currency <> e.currency
           OR coalesce(r.partner_id, e.partner_id) <> e.partner_id
           OR (e.source_type = 'transaction' AND t.partner_id IS DISTINCT FROM e.partner_id)
           OR (e.source_type = 'period' AND e.source_id <> e.period_id)
           OR (e.source_type = 'manual' AND (h.partner_id, h.amount, h.component)
               IS DISTINCT FROM (e.partner_id, e.amount, e.component::text)))
        """,
    ),
    Check(
        "audit",
        "I11: every synchronization and every lock that is in force has its line in the audit trail",
        f"""
        SELECT s.id, 'synchronization without exactly one audit row' FROM commissions_syncrun s
        WHERE {MINE.format("s")} AND (SELECT count(*) FROM loyalty_auditevent a
            WHERE a.target_type = 'commissions.syncrun' AND a.target_id = s.id::text) <> 1
        UNION ALL
        SELECT h.id, 'line by hand without exactly one audit row' FROM commissions_manualline h
        WHERE {MINE.format("h")} AND (SELECT count(*) FROM loyalty_auditevent a
            WHERE a.target_type = 'commissions.manualline' AND a.target_id = h.id::text) <> 1
        UNION ALL
        SELECT p.id, 'locked without an audit row' FROM commissions_commissionperiod p
        WHERE {MINE.format("p")} AND p.state <> 'open' AND NOT EXISTS (SELECT FROM loyalty_auditevent a
            WHERE a.target_type = 'commissions.commissionperiod' AND a.target_id = p.id::text
              AND a.action = 'commission.period_locked')
        """,
    ),
    *STATEMENT_CHECKS,
    *PAYOUT_CHECKS,
)
LIMIT = 100


def find_drift(*, partner_id: int | None = None) -> dict[str, list[Drift]]:
    """Every check by name with the rows that break it, at most 100 each."""
    found = {}
    with connection.cursor() as cursor:
        for check in CHECKS:
            cursor.execute(f"SELECT * FROM ({check.sql}) AS wrong LIMIT {LIMIT}", {"partner": partner_id})
            found[check.name] = [Drift(check.name, subject, detail) for subject, detail in cursor.fetchall()]
    return found
