"""What lines are made from: completed sales, and refunds beside the lines of their sales."""

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
# The sales that a table of ids names, each with the groups of its cart. A cart of one category needs no splitting; one
# without lines belongs to the transaction's own category, as in the groups of GET /partners/transactions.
_SALES = """
WITH carts AS MATERIALIZED (
    SELECT transaction_id, array_agg(category ORDER BY category) AS categories,
           array_agg(part ORDER BY category) AS parts
    FROM (
        SELECT l.transaction_id, l.category, sum(l.total_price) AS part
        FROM {wanted} w JOIN ledger_transactionline l ON l.transaction_id = w.id GROUP BY 1, 2
    ) AS groups GROUP BY 1
)
SELECT t.id, t.local_on, t.occurred_at AT TIME ZONE %(zone)s, t.shop_id, t.amount, t.category,
       c.categories, c.parts
FROM {wanted} w JOIN ledger_transaction t ON t.id = w.id LEFT JOIN carts c ON c.transaction_id = t.id
WHERE t.partner_id = %(partner)s AND t.type = 'purchase' AND t.status IN ('completed', 'cancelled')
"""
# A sale is measured by what was paid, one that points paid for by its order total. Refunds of one sale follow each
# other as they were recorded; the one that completes the order takes what is left, whatever rounding did before.
_REFUNDS = """
WITH originals AS MATERIALIZED (
    SELECT DISTINCT t.original_id AS id FROM wanted_source w JOIN ledger_transaction t ON t.id = w.id
    WHERE t.partner_id = %(partner)s AND t.original_id IS NOT NULL
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


def list_months_with_sales(*, partner: Partner, since: str = "") -> list[str]:
    """The months that have sales or refunds, from `since` on."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, {"partner": partner.pk, "since": since})
        return [row[0] for row in cursor.fetchall()]


def read_sales(*, partner: Partner, wanted: str = "wanted_source") -> list[Sale]:
    """The completed purchases among the wanted sources. One cancelled later counts; its cancellation is a refund."""
    with connection.cursor() as cursor:
        cursor.execute(_SALES.format(wanted=wanted), {"partner": partner.pk, "zone": partner.time_zone})
        return [_sale(row) for row in cursor]


def _sale(row: Any) -> Sale:
    number, local_on, moment, shop_id, amount, category, categories, parts = row
    groups = None
    if categories:
        category = categories[0]
        groups = dict(zip(categories, parts, strict=True)) if len(categories) > 1 else None
    return Sale(number, month_of(local_on), moment, local_on, shop_id, amount, category, groups)


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
