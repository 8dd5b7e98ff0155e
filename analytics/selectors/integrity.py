"""Proving the roll-up: every day anew from the ledger, up to the mark that the partner's roll-up has reached.

A query answers the rows that are wrong; a sound roll-up answers none.
"""

from dataclasses import dataclass

from django.db import connection

from analytics.selectors.measures import (
    CUSTOMER_FIGURES,
    ENTRY_COLUMNS,
    ENTRY_TABLES,
    FIGURES,
    OF_CUSTOMER_POINTS,
    OF_CUSTOMER_SALES,
    OF_POINTS,
    OF_SALES,
    SALE_COLUMNS,
    sums,
    sums_of,
)
from ledger.selectors.transaction_groups import SPLIT_BY_CATEGORY


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold, and the query that finds where it does not: (partner, what is wrong)."""

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
_MINE = "(%(partner)s::bigint IS NULL OR {}.partner_id = %(partner)s)"
_SALES = f"""
SELECT t.partner_id, {SALE_COLUMNS} FROM analytics_rollupcursor c
JOIN ledger_transaction t ON t.partner_id = c.partner_id AND (t.xid, t.id) <= (c.sales_xid::text::xid8, c.sales_id)
WHERE {_MINE.format("c")}
"""
_ENTRIES = f"""
SELECT e.partner_id, c.currency, {ENTRY_COLUMNS.format(zone="c.time_zone")}
FROM {ENTRY_TABLES} JOIN analytics_rollupcursor c ON c.partner_id = e.partner_id
WHERE (e.xid, e.id) <= (c.points_xid::text::xid8, c.points_id) AND {_MINE.format("c")}
"""
# Every line, less what the next step still has to add.
_LINES = f"""
SELECT partner_id, local_on, shop_id, currency, amount FROM commissions_commissionentry AS e
WHERE {_MINE.format("e")} AND EXISTS (SELECT FROM analytics_rollupcursor c WHERE c.partner_id = e.partner_id)
UNION ALL
SELECT partner_id, local_on, shop_id, currency, -amount FROM analytics_commissionnews AS n
WHERE {_MINE.format("n")} AND EXISTS (SELECT FROM analytics_rollupcursor c WHERE c.partner_id = n.partner_id)
"""


def _arm(keys: str, known: dict[str, str], names: tuple[str, ...], source: str, count: int) -> str:
    columns = ", ".join(f"{known.get(name, '0')} AS {name}" for name in names)
    grouped = ", ".join(str(number + 1) for number in range(count))
    return f"SELECT {keys}, {columns} FROM ({source}) AS rows GROUP BY {grouped}"


def _difference(keys: str, names: tuple[str, ...], kept: str, made: str, before: str = "") -> str:
    """Rows that only one of both has, as (partner, text). A row of nothing but zeros is as good as none."""
    some = " OR ".join(f"{name} <> 0" for name in names)
    columns = f"{keys}, {', '.join(names)}"
    return f"""
    WITH {before} kept AS (SELECT {columns} FROM ({kept}) AS k WHERE {some}),
    made AS (SELECT {columns} FROM ({made}) AS m WHERE {some})
    SELECT partner_id, 'rolled up ' || to_jsonb(k)::text FROM (SELECT * FROM kept EXCEPT SELECT * FROM made) AS k
    UNION ALL
    SELECT partner_id, 'the ledger says ' || to_jsonb(m)::text FROM (SELECT * FROM made EXCEPT SELECT * FROM kept) AS m
    """


def _stored(table: str) -> str:
    return f"SELECT * FROM {table} AS d WHERE {_MINE.format('d')}"


_SHOP_DAY = "partner_id, local_on, shop_id, currency"
_SHOPS = f"""
SELECT {_SHOP_DAY}, {sums_of(FIGURES)} FROM (
    {_arm(_SHOP_DAY, OF_SALES, FIGURES, _SALES, 4)}
    UNION ALL {_arm(_SHOP_DAY, OF_POINTS, FIGURES, _ENTRIES, 4)}
    UNION ALL {_arm(_SHOP_DAY, {"commission": "sum(amount)"}, FIGURES, _LINES, 4)}
) AS arms GROUP BY 1, 2, 3, 4
"""
_DAYS = f"""
SELECT partner_id, local_on, currency, {sums_of(FIGURES)}
FROM ({_stored("analytics_shopday")}) AS shops GROUP BY 1, 2, 3
"""
_MONTHS = f"""
SELECT partner_id, date_trunc('month', local_on)::date AS month_on, currency, {sums_of(FIGURES)}
FROM ({_stored("analytics_partnerday")}) AS days GROUP BY 1, 2, 3
"""
_CUSTOMER_DAY = "partner_id, local_on, customer_id"
_BOUGHT = f"""
SELECT * FROM ({_SALES}) AS s WHERE s.customer_id IS NOT NULL
AND NOT EXISTS (SELECT FROM analytics_attachedreceipt a WHERE a.transaction_id = s.id)
"""
_CUSTOMERS = f"""
SELECT {_CUSTOMER_DAY}, {sums_of(CUSTOMER_FIGURES)} FROM (
    {_arm(_CUSTOMER_DAY, OF_CUSTOMER_SALES, CUSTOMER_FIGURES, _BOUGHT, 3)}
    UNION ALL {_arm(_CUSTOMER_DAY, OF_CUSTOMER_POINTS, CUSTOMER_FIGURES, _ENTRIES, 3)}
) AS arms GROUP BY 1, 2, 3
"""
_CATEGORY_DAY = "partner_id, local_on, shop_id, category, currency"
_CATEGORIES = f"""
SELECT w.partner_id, w.local_on, w.shop_id, coalesce(s.category, '') AS category, w.currency, {sums(OF_CUSTOMER_SALES)}
FROM (SELECT id, type, category, money AS amount FROM split) AS s
JOIN (SELECT id, partner_id, local_on, shop_id, currency FROM wanted) AS w USING (id)
GROUP BY 1, 2, 3, 4, 5
"""
CHECKS = (
    Check(
        "shops",
        "every day of a shop is the sum of its sales, its points and its commission",
        _difference(_SHOP_DAY, FIGURES, _stored("analytics_shopday"), _SHOPS),
    ),
    Check(
        "days",
        "every day of a partner is the sum of its shops",
        _difference("partner_id, local_on, currency", FIGURES, _stored("analytics_partnerday"), _DAYS),
    ),
    Check(
        "months",
        "every month is the sum of its days",
        _difference("partner_id, month_on, currency", FIGURES, _stored("analytics_partnermonth"), _MONTHS),
    ),
    Check(
        "customers",
        "every customer's day is the sum of what the customer bought, earned and redeemed",
        _difference(_CUSTOMER_DAY, CUSTOMER_FIGURES, _stored("analytics_customerday"), _CUSTOMERS),
    ),
    Check(
        "active",
        "a customer is active on a day with a purchase, or with points earned or redeemed, and on no other",
        f"""
        SELECT d.partner_id, format('customer %%s on %%s', d.customer_id, d.local_on) FROM analytics_customerday d
        WHERE {_MINE.format("d")}
          AND d.is_active IS DISTINCT FROM (d.purchases > 0 OR d.points_earned > 0 OR d.points_redeemed > 0)
        """,
    ),
    Check(
        "next_days",
        "a customer's active day names the next one",
        f"""
        SELECT partner_id, format('customer %%s on %%s: next is %%s', customer_id, local_on, next_on) FROM (
            SELECT *, lead(local_on, 1, DATE '9999-12-31') OVER (PARTITION BY partner_id, customer_id ORDER BY local_on)
                   AS wanted_on
            FROM analytics_customerday AS d WHERE is_active AND {_MINE.format("d")}
        ) AS days WHERE next_on <> wanted_on
        """,
    ),
    Check(
        "categories",
        "every category's day is the sum of its parts of sales and refunds",
        _difference(
            _CATEGORY_DAY,
            tuple(OF_CUSTOMER_SALES),
            _stored("analytics_categoryday"),
            _CATEGORIES,
            f"wanted AS MATERIALIZED ({_SALES}), {SPLIT_BY_CATEGORY},",
        ),
    ),
    Check(
        "outstanding",
        "what was issued and is neither redeemed nor expired is what customers hold, less what they owe",
        f"""
        SELECT c.partner_id, format('days %%s, balances %%s', coalesce(d.points, 0), coalesce(b.points, 0))
        FROM analytics_rollupcursor c
        LEFT JOIN (
            SELECT partner_id, sum(points_issued - points_redeemed - points_expired + points_adjusted) AS points
            FROM analytics_partnerday GROUP BY 1
        ) AS d USING (partner_id)
        LEFT JOIN (SELECT partner_id, sum(balance - debt) AS points FROM ledger_pointsbalance GROUP BY 1) AS b
            USING (partner_id)
        LEFT JOIN LATERAL (
            SELECT sum(e.points) AS points FROM ledger_pointsentry e
            WHERE e.partner_id = c.partner_id AND (e.xid, e.id) > (c.points_xid::text::xid8, c.points_id)
        ) AS rest ON true
        WHERE {_MINE.format("c")} AND coalesce(d.points, 0) + coalesce(rest.points, 0) <> coalesce(b.points, 0)
        """,
    ),
)
LIMIT = 100


def find_drift(*, partner_id: int | None = None) -> dict[str, list[Drift]]:
    """Every check by name with the rows that break it, at most 100 each. The caller holds one snapshot."""
    found = {}
    with connection.cursor() as cursor:
        for check in CHECKS:
            cursor.execute(f"SELECT * FROM ({check.sql}) AS wrong LIMIT {LIMIT}", {"partner": partner_id})
            found[check.name] = [Drift(check.name, subject, detail) for subject, detail in cursor.fetchall()]
    return found
