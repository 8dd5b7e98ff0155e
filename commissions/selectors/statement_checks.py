"""Proving statements: what must hold of them, one set-based query each (see `commissions.selectors.integrity`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold, and the query that finds where it does not: (id of what is wrong, what is wrong)."""

    name: str
    promise: str
    sql: str


@dataclass(frozen=True, slots=True)
class Drift:
    """One row that breaks a promise."""

    check: str
    subject: int
    detail: str


# `%(partner)s` is a partner's id, or NULL for all.
MINE = "(%(partner)s::bigint IS NULL OR {}.partner_id = %(partner)s)"
_ACTIVE = f"s.status <> 'withdrawn' AND {MINE.format('s')}"
# What was agreed to be paid of a balance, as `rules.statements.settled_of` says.
_SETTLED = """
CASE WHEN s.opening + s.total > 0 AND s.opening + s.total >= s.threshold THEN s.opening + s.total
     WHEN s.pays_out AND s.opening + s.total < 0 AND -(s.opening + s.total) >= s.threshold THEN s.opening + s.total
     ELSE 0 END
"""
STATEMENT_CHECKS = (
    Check(
        "statements",
        "I2, I10: every closed month has one statement, which says what its lines come to, kind by kind",
        f"""
        SELECT p.id, format('%%s: statement %%s', p.state, coalesce(s.status, 'missing'))
        FROM commissions_commissionperiod p
        LEFT JOIN commissions_statement s ON s.period_id = p.id AND s.status <> 'withdrawn'
        WHERE {MINE.format("p")} AND ((p.state = 'open') <> (s.id IS NULL)
           OR (p.state = 'settled') <> (s.status IS NOT DISTINCT FROM 'settled')
           OR s.version <> p.version OR s.month <> p.month OR s.currency <> p.currency OR s.partner_id <> p.partner_id)
        UNION ALL
        SELECT s.id, format('says %%s, its lines come to %%s', s.total, coalesce(sum(e.amount), 0))
        FROM commissions_statement s LEFT JOIN commissions_commissionentry e ON e.period_id = s.period_id
        WHERE {_ACTIVE} GROUP BY s.id
        HAVING s.lines <> count(e.id) OR (s.accruals, s.late_accruals, s.reversals, s.adjustments, s.manual,
            s.minimum_topup, s.cap_reduction) <> (
            coalesce(sum(e.amount) FILTER (WHERE e.kind IN ('accrual', 'no_rate')), 0),
            coalesce(sum(e.amount) FILTER (WHERE e.kind = 'late_accrual'), 0),
            coalesce(sum(e.amount) FILTER (WHERE e.kind = 'reversal'), 0),
            coalesce(sum(e.amount) FILTER (WHERE e.kind = 'adjustment'), 0),
            coalesce(sum(e.amount) FILTER (WHERE e.kind = 'manual'), 0),
            coalesce(sum(e.amount) FILTER (WHERE e.kind = 'minimum_topup'), 0),
            coalesce(sum(e.amount) FILTER (WHERE e.kind = 'cap_reduction'), 0))
        """,
    ),
    Check(
        "extras",
        "A closed month comes to its minimum at least and to its cap at most, by a line of its own",
        f"""
        SELECT s.id, format('%%s of %%s to %%s', coalesce(l.counted, 0), s.minimum, s.cap) FROM commissions_statement s
        LEFT JOIN LATERAL (
            SELECT sum(e.amount) AS counted FROM commissions_commissionentry e
            WHERE e.period_id = s.period_id AND e.source_type = 'transaction' AND e.component = 'platform'
        ) AS l ON true
        WHERE {_ACTIVE} AND s.minimum_topup + s.cap_reduction <> CASE
            WHEN s.minimum > 0 AND coalesce(l.counted, 0) < s.minimum THEN s.minimum - coalesce(l.counted, 0)
            WHEN coalesce(l.counted, 0) > s.cap THEN s.cap - coalesce(l.counted, 0) ELSE 0 END
        UNION ALL
        SELECT e.id, 'in an open month' FROM commissions_commissionentry e
        JOIN commissions_commissionperiod p ON p.id = e.period_id
        WHERE {MINE.format("e")} AND e.kind IN ('minimum_topup', 'cap_reduction') AND p.state = 'open'
        """,
    ),
    Check(
        "balances",
        "I6: every statement opens with what the one before it carried, and asks for what was agreed",
        f"""
        SELECT s.id, format('opens with %%s after %%s, asks for %%s', s.opening, s.before, s.settled) FROM (
            SELECT s.*, coalesce(lag(s.closing) OVER (
                PARTITION BY s.partner_id, s.currency ORDER BY s.number NULLS LAST, s.month), 0) AS before
            FROM commissions_statement s WHERE {_ACTIVE}
        ) AS s WHERE s.opening <> s.before OR s.settled <> {_SETTLED}
        """,
    ),
    Check(
        "numbers",
        "The numbers of statements have no gaps, and every one that was given has its line in the audit trail",
        f"""
        SELECT 0, format('%%s numbers up to %%s, the last given is %%s', count(number), max(number), last)
        FROM commissions_statement, (SELECT coalesce(max(last), 0) AS last FROM commissions_statementseries) AS series
        WHERE number IS NOT NULL GROUP BY last HAVING count(number) <> max(number) OR max(number) <> last
        UNION ALL
        SELECT s.id, 'issued without exactly one audit row' FROM commissions_statement s
        WHERE {MINE.format("s")} AND s.number IS NOT NULL AND (SELECT count(*) FROM loyalty_auditevent a
            WHERE a.target_type = 'commissions.statement' AND a.target_id = s.id::text
              AND a.action = 'commission.statement_issued') <> 1
        """,
    ),
)
