"""What lines are made from: completed sales, and refunds beside the lines of their sales."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from commissions.rules.lines import Sale
from commissions.rules.months import month_of
from commissions.rules.reversals import Refunded
from partners.models import Partner

# The index is by instant; a local day begins at most 14 hours before or after the same day in UTC.
IN_MONTH = """
t.occurred_at >= %(begin)s::timestamp AT TIME ZONE 'UTC' - interval '2 days'
AND t.occurred_at < %(end)s::timestamp AT TIME ZONE 'UTC' + interval '2 days'
AND t.local_on >= %(begin)s AND t.local_on < %(end)s
"""
_MONTHS = """
SELECT to_char(m, 'YYYY-MM') FROM (
    SELECT (SELECT occurred_at FROM ledger_transaction WHERE partner_id = %(partner)s ORDER BY occurred_at LIMIT 1),
           (SELECT occurred_at FROM ledger_transaction WHERE partner_id = %(partner)s ORDER BY occurred_at DESC LIMIT 1)
) AS span(first_at, last_at),
generate_series(date_trunc('month', first_at - interval '1 day'), last_at + interval '1 day', interval '1 month') AS m
WHERE to_char(m, 'YYYY-MM') >= %(since)s AND EXISTS (
    SELECT FROM ledger_transaction t WHERE t.partner_id = %(partner)s
    AND t.occurred_at >= m - interval '2 days' AND t.occurred_at < m + interval '1 month 2 days'
    AND t.local_on >= m::date AND t.local_on < (m + interval '1 month')::date)
ORDER BY 1
"""
# What lines are made from, read once: everything else about a step joins these rows.
WANTED = """
CREATE TEMPORARY TABLE IF NOT EXISTS wanted_source (
    id bigint, original_id bigint, counts boolean, month text, local_on date, moment timestamp, shop_id bigint,
    amount numeric, category text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS cart (transaction_id bigint, category text, is_mixed boolean) ON COMMIT DROP;
"""
_WANT = """
WITH found AS (
    INSERT INTO wanted_source
    SELECT t.id, t.original_id, t.status IN ('completed', 'cancelled'), to_char(t.local_on::timestamp, 'YYYY-MM'),
           t.local_on, t.occurred_at AT TIME ZONE %(zone)s, t.shop_id, t.amount, t.category
    FROM ledger_transaction t WHERE t.partner_id = %(partner)s AND {condition}
    RETURNING id
)
SELECT count(*), min(id), max(id) FROM found
"""
_A_SALE = "t.type = 'purchase' AND {where}"
# Those of the same time or step, and those of its sales: what a sale pays decides what its refunds give back.
_A_REFUND = """
t.id IN (
    SELECT t.id FROM ledger_transaction t WHERE t.partner_id = %(partner)s AND t.type <> 'purchase' AND {where}
    UNION ALL
    SELECT r.id FROM ledger_transaction t JOIN ledger_transaction r ON r.original_id = t.id
    WHERE t.partner_id = %(partner)s AND t.type = 'purchase' AND {where}
)
"""
# A cart of one category needs no splitting; a sale without cart lines belongs to the transaction's own category, as in
# the groups of GET /partners/transactions.
_CARTS = """
INSERT INTO cart
SELECT l.transaction_id, min(l.category), min(l.category) <> max(l.category)
FROM wanted_source w JOIN ledger_transactionline l ON l.transaction_id = w.id
WHERE l.transaction_id BETWEEN %(first)s AND %(last)s GROUP BY 1
"""
_SALES = """
SELECT w.id, w.month, w.moment, w.local_on, w.shop_id, w.amount, coalesce(c.category, w.category), NULL, NULL
FROM wanted_source w LEFT JOIN cart c ON c.transaction_id = w.id WHERE w.counts AND c.is_mixed IS NOT TRUE
"""
_MIXED_SALES = """
SELECT w.id, w.month, w.moment, w.local_on, w.shop_id, w.amount, '',
       array_agg(g.category ORDER BY g.category), array_agg(g.part ORDER BY g.category)
FROM (
    SELECT l.transaction_id, l.category, sum(l.total_price) AS part
    FROM cart c JOIN ledger_transactionline l USING (transaction_id) WHERE c.is_mixed GROUP BY 1, 2
) AS g JOIN wanted_source w ON w.id = g.transaction_id WHERE w.counts GROUP BY 1, 2, 3, 4, 5, 6
"""
# A sale is measured by what was paid, one that points paid for by its order total. Refunds of one sale follow each
# other as they were recorded; the one that completes the order takes what is left, whatever rounding did before.
_REFUNDS = """
WITH originals AS MATERIALIZED (
    SELECT DISTINCT original_id AS id FROM wanted_source WHERE original_id IS NOT NULL
),
refunds AS MATERIALIZED (
    SELECT r.id, r.original_id, r.local_on, r.shop_id, o.amount, o.order_total,
           sum(r.amount) OVER so_far AS amount_reached, r.amount AS amount_now,
           sum(r.order_total) OVER so_far AS total_reached, r.order_total AS total_now,
           row_number() OVER so_far AS number
    FROM originals JOIN ledger_transaction o ON o.id = originals.id
    JOIN ledger_transaction r ON r.original_id = o.id
    WHERE r.partner_id = %(partner)s AND o.partner_id = %(partner)s AND r.status = 'completed'
      AND o.status IN ('completed', 'cancelled')
    WINDOW so_far AS (PARTITION BY r.original_id ORDER BY r.id)
),
measured AS (
    SELECT id, original_id, local_on, shop_id, number,
           CASE WHEN amount > 0 THEN amount ELSE order_total END AS whole,
           CASE WHEN total_reached >= order_total THEN CASE WHEN amount > 0 THEN amount ELSE order_total END
                WHEN amount > 0 THEN least(amount_reached, amount) ELSE total_reached END AS reached,
           CASE WHEN total_reached - total_now >= order_total AND number > 1
                    THEN CASE WHEN amount > 0 THEN amount ELSE order_total END
                WHEN amount > 0 THEN least(amount_reached - amount_now, amount)
                ELSE total_reached - total_now END AS before
    FROM refunds
),
lines AS MATERIALIZED (
    SELECT e.source_id, e.category, min(e.origin_month) AS origin_month, sum(e.amount) AS amount,
           sum(e.base) AS base, (array_agg(e.rate_id ORDER BY e.id DESC))[1] AS rate_id
    FROM originals o JOIN commissions_commissionentry e
      ON e.source_id = o.id AND e.partner_id = %(partner)s AND e.source_type = 'transaction'
    WHERE e.component = 'platform' GROUP BY 1, 2
)
SELECT m.id, m.local_on, m.shop_id, l.category, l.origin_month, l.rate_id, l.amount, l.base,
       m.whole, m.before, m.reached
FROM wanted_source w JOIN measured m ON m.id = w.id JOIN lines l ON l.source_id = m.original_id
WHERE m.whole > 0 OR m.number = 1
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many sources are wanted, and between which ids: neighbours are read as one stretch of an index."""

    count: int
    first: int
    last: int


def list_months_with_sales(*, partner: Partner, since: str = "") -> list[str]:
    """The months that have sales or refunds, from `since` on."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, {"partner": partner.pk, "since": since})
        return [row[0] for row in cursor.fetchall()]


def want_sales(*, partner: Partner, where: str, values: Mapping[str, Any]) -> Wanted | None:
    """Read the sales that a condition on `t` names into `wanted_source`, and what their carts hold."""
    wanted = _want(partner, _A_SALE.format(where=where), values)
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(_CARTS, {"first": wanted.first, "last": wanted.last})
            cursor.execute("ANALYZE cart")
    return wanted


def want_refunds(*, partner: Partner, where: str, values: Mapping[str, Any]) -> Wanted | None:
    """Read the refunds and cancellations that a condition on `t` names, or whose sales it names."""
    return _want(partner, _A_REFUND.format(where=where), values)


def _want(partner: Partner, condition: str, values: Mapping[str, Any]) -> Wanted | None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE wanted_source, cart")
        statement = _WANT.format(condition=condition)
        cursor.execute(statement, {**values, "partner": partner.pk, "zone": partner.time_zone})
        wanted = Wanted(*cursor.fetchone())
        cursor.execute("ANALYZE wanted_source (id, original_id)")
    return wanted if wanted.count else None


def list_wanted_months() -> list[str]:
    """The months of the wanted sources."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT month FROM wanted_source ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def read_sales(*, only_mixed: bool = False) -> list[Sale]:
    """The completed purchases among the wanted sources. One cancelled later counts; its cancellation is a refund.

    Whoever has taken care of the others asks for those with a cart of several categories only.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MIXED_SALES if only_mixed else f"{_SALES} UNION ALL {_MIXED_SALES}")
        return [_sale(row) for row in cursor]


def _sale(row: Any) -> Sale:
    *facts, categories, parts = row
    facts.append(dict(zip(categories, parts, strict=True)) if categories else None)
    return Sale(*facts)


def read_refunds(*, partner: Partner) -> list[Refunded]:
    """The refunds and cancellations among the wanted sources, once for each platform line of their sale.

    The provider of payments keeps its fee, so lines of that component are not given back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFUNDS, {"partner": partner.pk})
        return [_refunded(row) for row in cursor]


def _refunded(row: Any) -> Refunded:
    number, local_on, shop_id, category, origin_month, rate_id, *figures = row
    line, base, whole, before, reached = map(Decimal, figures)
    place = (number, month_of(local_on), local_on, shop_id, "platform", category, origin_month, rate_id)
    return Refunded(*place, line, base, whole, before, reached)
