"""The one statement behind the statistics: what is rolled up, and what is not yet, seen in one snapshot.

Whatever lies beyond a partner's marks is read from the ledger, so nothing is missing and nothing counts twice, however
far the roll-up has come. Every table is asked for one partner and one span of days at a time (LATERAL), because the
planner cannot know how few rows that is.
"""

from collections.abc import Mapping

from analytics.selectors.measures import (
    ENTRY_COLUMNS,
    ENTRY_TABLES,
    FIGURES,
    IS_ACTIVE_ENTRY,
    IS_ACTIVE_SALE,
    OF_COMMISSION,
    OF_POINTS,
    OF_SALES,
    SALE_COLUMNS,
)

COLUMNS = (*FIGURES, "points_outstanding", "active_customers")
# `month` and `day` less `not_day` are both periods in as few rows as there can be; what is before the end of each is in
# `held_month` and `held_day` less `not_held`.
SPANS = ("day", "not_day", "month", "held_month", "held_day", "not_held")
MOST_RANKED = 10
_ROLLED = {name: f"sum({name})" for name in FIGURES}
_NOT_ROLLED = {name: f"-sum({name})" for name in FIGURES}
_HELD = {"points_outstanding": "sum(points_issued - points_redeemed - points_expired + points_adjusted)"}
_NOT_HELD = {"points_outstanding": "-sum(points_issued - points_redeemed - points_expired + points_adjusted)"}


def _span(name: str) -> str:
    given = ", ".join(
        f"%({name}_{part})s::{kind}[]"
        for part, kind in (("today", "date"), ("is_current", "boolean"), ("first", "date"), ("until", "date"))
    )
    return f"{name}_span(today, is_current, first, until) AS (SELECT * FROM unnest({given}))"


def _columns(known: Mapping[str, str], alias: str = "") -> str:
    """Every figure as a number; what a source does not know is nothing."""
    found = {name: f"{alias}{name}" if alias else how for name, how in known.items()}
    return ", ".join(f"{found.get(name, '0')}::numeric AS {name}" for name in COLUMNS)


def _rolled(known: Mapping[str, str], table: str, span: str, day: str = "local_on") -> str:
    named = ", ".join(f"{how} AS {name}" for name, how in known.items())
    return f"""
    SELECT s.id AS partner_id, d.currency, x.is_current, {_columns(known, "d.")}
    FROM scope s JOIN {span}_span x ON x.today = s.today CROSS JOIN LATERAL (
        SELECT currency, {named} FROM {table}
        WHERE partner_id = s.id AND {day} >= x.first AND {day} < x.until GROUP BY currency
    ) AS d
    """


def _tail(known: Mapping[str, str], source: str) -> str:
    """What is not rolled up yet, in either period."""
    return f"""
    SELECT s.id AS partner_id, d.currency, d.local_on >= s.first AS is_current, {_columns(known)}
    FROM {source} d JOIN scope s ON s.id = d.partner_id
    WHERE d.local_on >= s.before_first AND d.local_on < s.until GROUP BY 1, 2, 3
    """


def _held_by_tail(period: str, until: str) -> str:
    known = {"points_outstanding": "sum(points)"}
    return f"""
    SELECT s.id AS partner_id, d.currency, {period}, {_columns(known)}
    FROM tail_entry d JOIN scope s ON s.id = d.partner_id WHERE d.local_on < s.{until} GROUP BY 1, 2
    """


def _counted(period: str, count: str) -> str:
    known = {"active_customers": f"sum({count})"}
    return f"SELECT partner_id, currency, {period}, {_columns(known)} FROM active GROUP BY 1, 2"


_TAILS = f"""
mark AS MATERIALIZED (
    SELECT s.id AS partner_id, s.time_zone, s.currency,
           coalesce(c.sales_xid, 0)::text::xid8 AS sales_xid, coalesce(c.sales_id, 0) AS sales_id,
           coalesce(c.points_xid, 0)::text::xid8 AS points_xid, coalesce(c.points_id, 0) AS points_id
    FROM scope s LEFT JOIN analytics_rollupcursor c ON c.partner_id = s.id
),
tail_sale AS MATERIALIZED (
    SELECT m.partner_id, t.* FROM mark m CROSS JOIN LATERAL (
        SELECT {SALE_COLUMNS} FROM ledger_transaction t
        WHERE t.partner_id = m.partner_id AND (t.xid, t.id) > (m.sales_xid, m.sales_id) ORDER BY t.xid, t.id OFFSET 0
    ) AS t
),
tail_entry AS MATERIALIZED (
    SELECT m.partner_id, m.currency, e.* FROM mark m CROSS JOIN LATERAL (
        SELECT * FROM ledger_pointsentry e
        WHERE e.partner_id = m.partner_id AND (e.xid, e.id) > (m.points_xid, m.points_id) ORDER BY e.xid, e.id OFFSET 0
    ) AS f CROSS JOIN LATERAL (
        SELECT {ENTRY_COLUMNS.format(zone="m.time_zone")} FROM {ENTRY_TABLES} WHERE e.id = f.id OFFSET 0
    ) AS e
)
"""
_RECENT = f"""
SELECT partner_id, local_on, customer_id FROM tail_sale WHERE {IS_ACTIVE_SALE} AND customer_id IS NOT NULL
UNION ALL SELECT partner_id, local_on, customer_id FROM tail_entry WHERE {IS_ACTIVE_ENTRY}
UNION ALL SELECT t.partner_id, t.local_on, t.customer_id
FROM analytics_attachedreceipt a JOIN ledger_transaction t ON t.id = a.transaction_id
"""


def _distinct(begin: str, end: str) -> str:
    """How many customers were active in a period: of each one day, the last, is followed by none before its end."""
    return f"""
    SELECT count(*) AS customers FROM analytics_customerday
    WHERE is_active AND partner_id = s.id AND local_on >= s.{begin} AND local_on < s.{end} AND next_on >= s.{end}
    """


_ROLLED_DAY = """
SELECT FROM analytics_customerday d
WHERE d.partner_id = r.partner_id AND d.customer_id = r.customer_id AND d.is_active AND d.local_on
"""
# Distinct customers of the rolled-up days, and those whom only the tail (or a receipt just attached) knows.
_ACTIVE = f"""
recent AS MATERIALIZED (
    SELECT s.id AS partner_id, s.currency, s.before_first, s.first, s.until, d.customer_id,
           bool_or(d.local_on >= s.first) AS is_now, bool_or(d.local_on < s.first) AS was_before
    FROM ({_RECENT}) AS d JOIN scope s ON s.id = d.partner_id
    WHERE d.local_on >= s.before_first AND d.local_on < s.until GROUP BY 1, 2, 3, 4, 5, 6
),
active AS MATERIALIZED (
    SELECT s.id AS partner_id, s.currency, n.customers AS now, b.customers AS before
    FROM scope s CROSS JOIN LATERAL ({_distinct("first", "until")}) AS n
    CROSS JOIN LATERAL ({_distinct("before_first", "first")}) AS b
    UNION ALL
    SELECT partner_id, currency,
           count(*) FILTER (WHERE is_now AND NOT EXISTS ({_ROLLED_DAY} >= r.first AND d.local_on < r.until)),
           count(*) FILTER (WHERE was_before AND NOT EXISTS ({_ROLLED_DAY} >= r.before_first AND d.local_on < r.first))
    FROM recent r GROUP BY 1, 2
)
"""
_ARMS = " UNION ALL ".join(
    (
        _rolled(_ROLLED, "analytics_partnerday", "day"),
        _rolled(_NOT_ROLLED, "analytics_partnerday", "not_day"),
        _rolled(_ROLLED, "analytics_partnermonth", "month", "month_on"),
        _rolled(_HELD, "analytics_partnerday", "held_day"),
        _rolled(_NOT_HELD, "analytics_partnerday", "not_held"),
        _rolled(_HELD, "analytics_partnermonth", "held_month", "month_on"),
        _tail(OF_SALES, "tail_sale"),
        _tail(OF_POINTS, "tail_entry"),
        _tail(OF_COMMISSION, "analytics_commissionnews"),
        _held_by_tail("true", "until"),
        _held_by_tail("false", "first"),
        _counted("true", "now"),
        _counted("false", "before"),
    )
)
# Both periods side by side: `revenue`, `revenue_before` …
_HALVES = (("", "is_current"), ("_before", "NOT is_current"))
_BESIDE = ", ".join(
    f"coalesce(sum({name}) FILTER (WHERE {when}), 0) AS {name}{suffix}" for suffix, when in _HALVES for name in COLUMNS
)
_BOTH = [f"{name}{suffix}" for suffix, _when in _HALVES for name in COLUMNS]
_NET, _NET_BEFORE = "(revenue - refunds)", "(revenue_before - refunds_before)"


def _ranked(kind: str, order: str, where: str) -> str:
    return f"""
    SELECT '{kind}', currency, status, tier, id, name, 1, {", ".join(_BOTH)} FROM (
        SELECT *, row_number() OVER (PARTITION BY currency ORDER BY {order}, id) AS rank FROM beside WHERE {where}
    ) AS ranked WHERE rank <= {MOST_RANKED}
    """


# `{scope}` is the partners with their periods; see `analytics.selectors.scope`.
STATISTICS = f"""
WITH {{scope}}, {", ".join(_span(name) for name in SPANS)}, {_TAILS}, {_ACTIVE},
measure AS ({_ARMS}),
beside AS MATERIALIZED (
    SELECT s.id, s.name, s.status, s.tier, m.currency, {_BESIDE}
    FROM measure m JOIN scope s ON s.id = m.partner_id GROUP BY 1, 2, 3, 4, 5
)
SELECT CASE grouping(status, tier) WHEN 3 THEN 'all' WHEN 1 THEN 'status' ELSE 'tier' END AS kind,
       currency, status, tier, NULL::bigint AS id, NULL::text AS name,
       count(*) FILTER (WHERE purchases > 0), {", ".join(f"sum({name}) AS {name}" for name in _BOTH)}
FROM beside GROUP BY GROUPING SETS ((currency), (currency, status), (currency, tier))
UNION ALL ({_ranked("top", f"{_NET} DESC", f"{_NET} > 0")})
UNION ALL ({_ranked("falling", f"{_NET} - {_NET_BEFORE}", f"{_NET} < {_NET_BEFORE}")})
"""
PARTNERS = """
WITH {scope}, made AS (SELECT *, (created_at AT TIME ZONE time_zone)::date AS made_on FROM scope)
SELECT status, tier, count(*), count(*) FILTER (WHERE made_on >= first AND made_on < until),
       count(*) FILTER (WHERE made_on >= before_first AND made_on < first)
FROM made GROUP BY GROUPING SETS ((), (status), (tier))
"""
