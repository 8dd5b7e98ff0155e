"""Keeping the roll-up: what is new in the ledger is added to its days, in steps that survive a kill.

A step is one transaction: it moves the partner's marks and adds exactly the rows between them, each feed in one
statement. Rows are only read below the oldest transaction that still runs, so none ever joins them later; whatever day
they speak of, they are added there. Nothing here is needed for the statistics to be right (they read what is not rolled
up yet from the ledger), only for them to be quick.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from analytics.models import CategoryDay, CustomerDay, PartnerDay, PartnerMonth, RollupCursor, ShopDay
from analytics.selectors.measures import (
    ENTRY_COLUMNS,
    ENTRY_TABLES,
    IS_ACTIVE_ENTRY,
    IS_ACTIVE_SALE,
    OF_COMMISSION,
    OF_CUSTOMER_POINTS,
    OF_CUSTOMER_SALES,
    OF_POINTS,
    OF_SALES,
    SALE_COLUMNS,
    sums,
    sums_of,
)
from ledger.selectors.feed import POINTS, SALES, Mark, find_mark
from ledger.selectors.transaction_groups import SPLIT_BY_CATEGORY
from partners.models import Partner

CHUNK = 100_000
_TRY = "SELECT pg_try_advisory_xact_lock(hashtextextended('rollup', %s))"
_BETWEEN = """
{0}.partner_id = %(partner)s AND ({0}.xid, {0}.id) > (%(after_xid)s::text::xid8, %(after_id)s)
AND ({0}.xid, {0}.id) <= (%(xid)s::text::xid8, %(id)s)
"""


def _add(table: str, keys: str, names: Mapping[str, str], source: str, flag: str = "") -> str:
    """Add sums to rows, which are made where they are missing; a `flag` that is up stays up."""
    columns = ", ".join((*names, *([flag] if flag else [])))
    added = [f"{name} = kept.{name} + EXCLUDED.{name}" for name in names]
    added += [f"{flag} = kept.{flag} OR EXCLUDED.{flag}"] if flag else []
    return f"""
    INSERT INTO {table} AS kept (partner_id, {keys}, {columns})
    SELECT %(partner)s, {keys}, {columns} FROM ({source}) AS s
    ON CONFLICT (partner_id, {keys}) DO UPDATE SET {", ".join(added)}
    """


def _add_days(names: Mapping[str, str]) -> str:
    """Add the sums in `of_shops` to the days of shops, and to the partner's days and months."""
    added = sums_of(names)
    of_days = f"SELECT local_on, currency, {added} FROM of_shops GROUP BY 1, 2"
    of_months = f"SELECT date_trunc('month', local_on)::date AS month_on, currency, {added} FROM of_shops GROUP BY 1, 2"
    return f"""
    shop_days AS ({_add("analytics_shopday", "local_on, shop_id, currency", names, "SELECT * FROM of_shops")}),
    days AS ({_add("analytics_partnerday", "local_on, currency", names, of_days)}),
    months AS ({_add("analytics_partnermonth", "month_on, currency", names, of_months)})
    """


def _add_customers(names: Mapping[str, str], source: str) -> str:
    """Add a query's sums to the days of customers, and note who was active when."""
    return f"""
    of_customers AS MATERIALIZED ({source}),
    customers AS (
        {_add("analytics_customerday", "customer_id, local_on", names, "SELECT * FROM of_customers", "is_active")}
    ),
    touched AS (
        INSERT INTO touched_customer SELECT customer_id, min(local_on) FROM of_customers WHERE is_active GROUP BY 1
    )
    """


_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS wanted_sale (
    id bigint, type text, category text, amount numeric, points_discount_amount numeric, points_awarded integer,
    points_redeemed integer, local_on date, shop_id bigint, currency text, customer_id bigint, is_attached boolean
) ON COMMIT DROP;
CREATE TEMPORARY TABLE IF NOT EXISTS touched_customer (customer_id bigint, since date) ON COMMIT DROP;
TRUNCATE wanted_sale, touched_customer
"""
# The sales of this step, and those of earlier steps that have their customer now. A receipt that was attached is seen
# together with its customer or not at all, because this is one statement.
_TAKE = f"""
WITH attached AS (
    DELETE FROM analytics_attachedreceipt WHERE partner_id = %(partner)s RETURNING transaction_id
),
taken AS (
    INSERT INTO wanted_sale SELECT {SALE_COLUMNS}, false FROM ledger_transaction t WHERE {_BETWEEN.format("t")}
    UNION ALL
    SELECT {SALE_COLUMNS}, true FROM attached a JOIN ledger_transaction t ON t.id = a.transaction_id
    WHERE (t.xid, t.id) <= (%(after_xid)s::text::xid8, %(after_id)s)
    RETURNING is_attached
)
SELECT count(*) FILTER (WHERE NOT is_attached), (SELECT count(*) FROM attached) FROM taken
"""
_OF_CUSTOMERS = f"""
SELECT local_on, customer_id, {sums(OF_CUSTOMER_SALES)}, bool_or({IS_ACTIVE_SALE}) AS is_active
FROM wanted_sale WHERE customer_id IS NOT NULL GROUP BY 1, 2
"""
_OF_CATEGORIES = f"""
SELECT w.local_on, w.shop_id, coalesce(s.category, '') AS category, w.currency, {sums(OF_CUSTOMER_SALES)}
FROM (SELECT id, type, category, money AS amount FROM split) AS s
JOIN (SELECT id, local_on, shop_id, currency FROM wanted) AS w USING (id)
GROUP BY 1, 2, 3, 4
"""
_ADD_SALES = f"""
WITH wanted AS NOT MATERIALIZED (SELECT * FROM wanted_sale WHERE NOT is_attached),
of_shops AS MATERIALIZED (SELECT local_on, shop_id, currency, {sums(OF_SALES)} FROM wanted GROUP BY 1, 2, 3),
{_add_days(OF_SALES)},
{_add_customers(OF_CUSTOMER_SALES, _OF_CUSTOMERS)},
{SPLIT_BY_CATEGORY},
categories AS (
    {_add("analytics_categoryday", "local_on, shop_id, category, currency", OF_CUSTOMER_SALES, _OF_CATEGORIES)}
)
SELECT count(*) FROM wanted
"""
_OF_MEMBERS = f"""
SELECT local_on, customer_id, {sums(OF_CUSTOMER_POINTS)}, true AS is_active FROM wanted
WHERE {IS_ACTIVE_ENTRY} GROUP BY 1, 2
"""
_ADD_POINTS = f"""
WITH wanted AS MATERIALIZED (
    SELECT {ENTRY_COLUMNS.format(zone="%(zone)s")} FROM {ENTRY_TABLES} WHERE {_BETWEEN.format("e")}
),
of_shops AS MATERIALIZED (
    SELECT local_on, shop_id, %(currency)s AS currency, {sums(OF_POINTS)} FROM wanted GROUP BY 1, 2, 3
),
{_add_days(OF_POINTS)},
{_add_customers(OF_CUSTOMER_POINTS, _OF_MEMBERS)}
SELECT count(*) FROM wanted
"""
# Each active day of a customer names the next one. Of those who have a new one, from the day before it on.
_LINK = """
WITH first AS (SELECT customer_id, min(since) AS since FROM touched_customer GROUP BY 1),
begun AS (
    SELECT f.customer_id, coalesce(d.local_on, f.since) AS since FROM first f LEFT JOIN LATERAL (
        SELECT local_on FROM analytics_customerday
        WHERE partner_id = %(partner)s AND customer_id = f.customer_id AND is_active AND local_on < f.since
        ORDER BY local_on DESC LIMIT 1
    ) AS d ON true
),
linked AS (
    SELECT d.customer_id, d.local_on,
           lead(d.local_on, 1, DATE '9999-12-31') OVER (PARTITION BY d.customer_id ORDER BY d.local_on) AS next_on
    FROM begun b CROSS JOIN LATERAL (
        SELECT customer_id, local_on FROM analytics_customerday
        WHERE partner_id = %(partner)s AND customer_id = b.customer_id AND is_active AND local_on >= b.since OFFSET 0
    ) AS d
),
changed AS (
    UPDATE analytics_customerday AS kept SET next_on = l.next_on FROM linked l
    WHERE kept.partner_id = %(partner)s AND kept.customer_id = l.customer_id AND kept.local_on = l.local_on
      AND kept.next_on <> l.next_on
    RETURNING 1
)
SELECT count(*) FROM changed
"""
_NEWS = """
DELETE FROM analytics_commissionnews WHERE partner_id = %(partner)s RETURNING local_on, shop_id, currency, amount
"""
_ADD_COMMISSION = f"""
WITH wanted AS ({_NEWS}),
of_shops AS MATERIALIZED (SELECT local_on, shop_id, currency, {sums(OF_COMMISSION)} FROM wanted GROUP BY 1, 2, 3),
{_add_days(OF_COMMISSION)}
SELECT count(*) FROM wanted
"""
# All lines instead of the news of them; one statement sees a line and its news together.
_ADD_ALL_COMMISSION = f"""
WITH news AS ({_NEWS}),
wanted AS (
    SELECT local_on, shop_id, currency, amount FROM commissions_commissionentry WHERE partner_id = %(partner)s
),
of_shops AS MATERIALIZED (SELECT local_on, shop_id, currency, {sums(OF_COMMISSION)} FROM wanted GROUP BY 1, 2, 3),
{_add_days(OF_COMMISSION)}
SELECT count(*) FROM wanted
"""


@dataclass(frozen=True, slots=True)
class Rolled:
    """How many rows were added, from each source."""

    sales: int = 0
    points: int = 0
    lines: int = 0
    receipts: int = 0

    def __add__(self, other: "Rolled") -> "Rolled":
        return Rolled(
            self.sales + other.sales,
            self.points + other.points,
            self.lines + other.lines,
            self.receipts + other.receipts,
        )


def roll_up_partner(*, partner: Partner, at: datetime, chunk: int = CHUNK) -> Rolled:
    """Add everything that is committed for good to the partner's days; nothing while somebody else is at it."""
    whole = Rolled()
    while True:
        step = _step(partner, at, chunk)
        if step is None:
            return whole
        whole += step


def rebuild_partner(*, partner: Partner, at: datetime, chunk: int = CHUNK) -> Rolled | None:
    """Forget the partner's roll-up and make it anew; None: somebody else is at it.

    The statistics stay right meanwhile: what is not rolled up again yet is read from the ledger.
    """
    with transaction.atomic():
        if not _try_lock(partner.pk):
            return None
        begun = _begin_anew(partner, at)[1]
    return begun + roll_up_partner(partner=partner, at=at, chunk=chunk)


@transaction.atomic
def _step(partner: Partner, at: datetime, chunk: int) -> Rolled | None:
    """The next rows of every feed; None: there are none, or somebody else adds them."""
    if not _try_lock(partner.pk):
        return None
    cursor, begun = RollupCursor.objects.filter(partner=partner).first(), Rolled()
    is_new = cursor is None or (cursor.time_zone, cursor.currency) != (partner.time_zone, partner.currency)
    if cursor is None or is_new:
        cursor, begun = _begin_anew(partner, at)
    with connection.cursor() as database:
        database.execute(_STAGE)
    done = begun + _add_sales(cursor, chunk) + _add_points(cursor, chunk)
    _run(_LINK, {"partner": partner.pk})
    done += Rolled(lines=_run(_ADD_COMMISSION, {"partner": partner.pk})[0])
    if done == Rolled() and not is_new:
        return None
    cursor.rolled_at = at
    cursor.save()
    return done


def _try_lock(partner_id: int) -> bool:
    """One at a time, until the transaction ends."""
    return bool(_run(_TRY, [partner_id])[0])


def _begin_anew(partner: Partner, at: datetime) -> tuple[RollupCursor, Rolled]:
    """An empty roll-up that has followed nothing but commission, which has no feed: its lines change."""
    for model in (ShopDay, PartnerDay, PartnerMonth, CategoryDay, CustomerDay):
        model._default_manager.filter(partner=partner)._raw_delete(using=connection.alias)
    lines = _run(_ADD_ALL_COMMISSION, {"partner": partner.pk})[0]
    cursor = RollupCursor(partner=partner, time_zone=partner.time_zone, currency=partner.currency, rolled_at=at)
    cursor.save()
    return cursor, Rolled(lines=lines)


def _add_sales(cursor: RollupCursor, chunk: int) -> Rolled:
    after = Mark(cursor.sales_xid, cursor.sales_id)
    mark = find_mark(partner_id=cursor.partner_id, after=after, limit=chunk, table=SALES)
    with connection.cursor() as database:
        sales, receipts = _run(_TAKE, _between(cursor, after, mark))
        if sales or receipts:
            # A whole history may have come under one transaction id, of which the planner expects a row or two.
            database.execute("ANALYZE wanted_sale")
            _run(_ADD_SALES, {"partner": cursor.partner_id})
    cursor.sales_xid, cursor.sales_id = mark
    return Rolled(sales=sales, receipts=receipts)


def _add_points(cursor: RollupCursor, chunk: int) -> Rolled:
    after = Mark(cursor.points_xid, cursor.points_id)
    mark = find_mark(partner_id=cursor.partner_id, after=after, limit=chunk, table=POINTS)
    if mark == after:
        return Rolled()
    clock = {"zone": cursor.time_zone, "currency": cursor.currency}
    (entries,) = _run(_ADD_POINTS, {**_between(cursor, after, mark), **clock})
    cursor.points_xid, cursor.points_id = mark
    return Rolled(points=entries)


def _between(cursor: RollupCursor, after: Mark, mark: Mark) -> dict[str, Any]:
    return {
        "partner": cursor.partner_id,
        "after_xid": str(after.xid),
        "after_id": after.id,
        "xid": str(mark.xid),
        "id": mark.id,
    }


def _run(statement: str, parameters: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()
