"""The one statement behind the statistics: what is rolled up, and what is not yet, seen in one snapshot.

Spans say which days and months are read, for each day that it can be anywhere on earth right now; a partner's own
`today` picks its spans. Whatever lies beyond a partner's marks is read from the ledger, so nothing is missing and nothing
counts twice, however far the roll-up has come.
"""

from analytics.selectors.measures import (
    ENTRY_COLUMNS,
    ENTRY_TABLES,
    FIGURES,
    IS_ACTIVE_DAY,
    IS_ACTIVE_ENTRY,
    IS_ACTIVE_SALE,
    OF_COMMISSION,
    OF_POINTS,
    OF_SALES,
    SALE_COLUMNS,
)

COLUMNS = (*FIGURES, "points_outstanding", "active_customers")
# `day` and `month` are both periods in as few rows as there can be, `whole` the periods themselves; `held` is everything
# before the end of each, `held_month` and `held_day` the same in as few rows as there can be.
SPANS = ("day", "month", "whole", "held", "held_month", "held_day")
MOST_RANKED = 10
_ROLLED = {name: f"sum({name})" for name in FIGURES}
_HELD = {"points_outstanding": "sum(points_issued - points_redeemed - points_expired + points_adjusted)"}


def _span(name: str) -> str:
    given = ", ".join(
        f"%({name}_{part})s::{kind}[]"
        for part, kind in (("today", "date"), ("is_current", "boolean"), ("first", "date"), ("until", "date"))
    )
    return f"{name}_span(today, is_current, first, until) AS (SELECT * FROM unnest({given}))"


def _joined(source: str, span: str, day: str) -> str:
    """Rows `d` of a source, of the partners `s` and the periods `x`."""
    return f"""
    FROM scope s JOIN {span}_span x ON x.today = s.today
    JOIN {source} d ON d.partner_id = s.id AND d.{day} >= x.first AND d.{day} < x.until
    """


def _arm(known: dict[str, str], source: str, span: str, day: str = "local_on") -> str:
    """Sums of a source by partner, currency and period; what it does not know is nothing."""
    columns = ", ".join(f"{known.get(name, '0')}::numeric AS {name}" for name in COLUMNS)
    joined = _joined(source, span, day)
    return f"SELECT s.id AS partner_id, d.currency, x.is_current, {columns} {joined} GROUP BY 1, 2, 3"


def _active(source: str, where: str) -> str:
    """The customers who did something in a period."""
    return (
        f"SELECT s.id AS partner_id, d.customer_id, x.is_current {_joined(source, 'whole', 'local_on')} WHERE {where}"
    )


def _counted(period: str, when: str) -> str:
    columns = ", ".join(
        f"count(*) FILTER (WHERE a.{when})::numeric" if name == "active_customers" else "0::numeric" for name in COLUMNS
    )
    return f"""
    SELECT s.id, s.currency, {period}, {columns} FROM active a JOIN scope s ON s.id = a.partner_id GROUP BY 1, 2
    """


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
        WHERE t.partner_id = m.partner_id AND (t.xid, t.id) > (m.sales_xid, m.sales_id)
    ) AS t
),
tail_entry AS MATERIALIZED (
    SELECT m.partner_id, m.currency, e.* FROM mark m CROSS JOIN LATERAL (
        SELECT {ENTRY_COLUMNS.format(zone="m.time_zone")} FROM {ENTRY_TABLES}
        WHERE e.partner_id = m.partner_id AND (e.xid, e.id) > (m.points_xid, m.points_id)
    ) AS e
),
attached AS (
    SELECT t.partner_id, t.local_on, t.customer_id, t.type
    FROM analytics_attachedreceipt a JOIN ledger_transaction t ON t.id = a.transaction_id
)
"""
_ACTIVE = f"""
active AS MATERIALIZED (
    SELECT partner_id, customer_id, bool_or(is_current) AS is_now, bool_or(NOT is_current) AS was_before FROM (
        {_active("analytics_customerday", IS_ACTIVE_DAY)}
        UNION ALL {_active("tail_sale", f"d.{IS_ACTIVE_SALE} AND d.customer_id IS NOT NULL")}
        UNION ALL {_active("tail_entry", f"d.{IS_ACTIVE_ENTRY}")}
        UNION ALL {_active("attached", f"d.{IS_ACTIVE_SALE}")}
    ) AS seen GROUP BY 1, 2
)
"""
_ARMS = " UNION ALL ".join(
    (
        _arm(_ROLLED, "analytics_partnerday", "day"),
        _arm(_ROLLED, "analytics_partnermonth", "month", "month_on"),
        _arm(_HELD, "analytics_partnerday", "held_day"),
        _arm(_HELD, "analytics_partnermonth", "held_month", "month_on"),
        _arm(OF_SALES, "tail_sale", "whole"),
        _arm(OF_POINTS, "tail_entry", "whole"),
        _arm({"points_outstanding": "sum(points)"}, "tail_entry", "held"),
        _arm(OF_COMMISSION, "analytics_commissionnews", "whole"),
        _counted("true", "is_now"),
        _counted("false", "was_before"),
    )
)
# Both periods side by side: `revenue`, `revenue_before` …
_PAIRS = [(name, "is_current") for name in COLUMNS], [(f"{name}_before", "NOT is_current") for name in COLUMNS]
_BESIDE = ", ".join(
    f"coalesce(sum({pair[0].removesuffix('_before')}) FILTER (WHERE {pair[1]}), 0) AS {pair[0]}"
    for pair in (*_PAIRS[0], *_PAIRS[1])
)
_BOTH = [pair[0] for pair in (*_PAIRS[0], *_PAIRS[1])]
_NET, _NET_BEFORE = "(revenue - refunds)", "(revenue_before - refunds_before)"


def _ranked(kind: str, order: str, where: str) -> str:
    return f"""
    SELECT '{kind}', currency, status, tier, id, name, 1, {", ".join(_BOTH)} FROM (
        SELECT *, row_number() OVER (PARTITION BY currency ORDER BY {order}, id) AS rank FROM beside WHERE {where}
    ) AS ranked WHERE rank <= {MOST_RANKED}
    """


# `{scope}` is the partners; see `analytics.selectors.scope`.
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
PARTNERS = f"""
WITH {{scope}}, {_span("whole")}
SELECT status, tier, count(DISTINCT s.id),
       count(*) FILTER (WHERE x.is_current), count(*) FILTER (WHERE NOT x.is_current)
FROM scope s LEFT JOIN whole_span x ON x.today = s.today
    AND (s.created_at AT TIME ZONE s.time_zone)::date >= x.first
    AND (s.created_at AT TIME ZONE s.time_zone)::date < x.until
GROUP BY GROUPING SETS ((), (status), (tier))
"""
