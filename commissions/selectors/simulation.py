"""The sales and refunds of some days, for trying rates on them. Reads only; its table is gone with the transaction."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from commissions.rules.lines import Sale
from commissions.rules.months import month_of
from commissions.selectors.sources import IN_MONTH, WANTED, read_sales, want_sales
from partners.models import Partner

# The index is by instant; a local day begins at most 14 hours before or after the same day in UTC.
_WINDOW = """
FROM ledger_transaction t
WHERE t.partner_id = %(partner)s AND t.occurred_at >= %(begin)s::timestamp AT TIME ZONE 'UTC' - interval '2 days'
  AND t.local_on >= %(begin)s AND t.local_on <= %(end)s
"""
_COUNTS = f"SELECT t.local_on, count(*) {_WINDOW} GROUP BY 1 ORDER BY 1 DESC"
_REFUNDS = f"""
WITH originals AS MATERIALIZED (
    SELECT DISTINCT t.original_id AS id {_WINDOW} AND t.type <> 'purchase' AND t.status = 'completed'
)
SELECT r.id, r.local_on, r.shop_id, r.amount, r.order_total, o.id, o.amount, o.order_total
FROM originals JOIN ledger_transaction o ON o.id = originals.id JOIN ledger_transaction r ON r.original_id = o.id
WHERE o.partner_id = %(partner)s AND r.partner_id = %(partner)s AND r.status = 'completed'
  AND o.status IN ('completed', 'cancelled')
ORDER BY o.id, r.id
"""
_LINES = """
SELECT e.source_id, e.category, sum(e.amount), sum(e.base) FROM commissions_commissionentry e
WHERE e.partner_id = %(partner)s AND e.source_id = ANY(%(ids)s) AND e.source_type = 'transaction'
  AND e.component = 'platform'
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One refund of a sale: how much of `whole` refunds had taken before it, and how much with it."""

    id: int
    original_id: int
    local_on: date
    shop_id: int | None
    whole: Decimal
    before: Decimal
    reached: Decimal

    @property
    def month(self) -> str:
        return month_of(self.local_on)


def count_by_day(*, partner: Partner, begin: date, end: date) -> list[tuple[date, int]]:
    """How many sales and refunds each day has, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"partner": partner.pk, "begin": begin, "end": end})
        return cursor.fetchall()


def read_sales_of_days(*, partner: Partner, begin: date, end: date) -> list[Sale]:
    """The completed purchases of these days, as the engine reads them. Inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(WANTED)
    values = {"begin": begin, "end": end + timedelta(days=1)}
    return read_sales() if want_sales(partner=partner, where=IN_MONTH, values=values) else []


def read_parts(*, partner: Partner, begin: date, end: date) -> list[Part]:
    """The refunds and cancellations of these days, measured as the engine does."""
    parts: list[Part] = []
    paid, total, original = Decimal(0), Decimal(0), 0
    with connection.cursor() as cursor:
        cursor.execute(_REFUNDS, {"partner": partner.pk, "begin": begin, "end": end})
        for number, local_on, shop_id, amount, order_total, sale, sale_amount, sale_total in cursor.fetchall():
            if sale != original:
                paid, total, original = Decimal(0), Decimal(0), sale
                before, is_first = Decimal(0), True
            whole = sale_amount if sale_amount > 0 else sale_total
            paid, total = paid + amount, total + order_total
            reached = min(paid, sale_amount) if sale_amount > 0 else total
            if total >= sale_total:
                reached = whole
            if begin <= local_on <= end and (whole > 0 or is_first):
                parts.append(Part(number, sale, local_on, shop_id, whole, before, reached))
            before, is_first = reached, False
    return parts


def read_posted(*, partner: Partner, ids: list[int]) -> dict[int, list[tuple[str, Decimal, Decimal]]]:
    """What stands for the platform's part of these sales: (category, amount, base)."""
    found: dict[int, list[tuple[str, Decimal, Decimal]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"partner": partner.pk, "ids": ids})
        for source_id, category, amount, base in cursor.fetchall():
            found.setdefault(source_id, []).append((category, amount, base))
    return found
