"""What commission adds to the answers of others (decision 21)."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from partners.models import Partner

_KEYS = {
    "shop": "t.shop_id",
    "day": "to_char(t.local_on, 'YYYY-MM-DD')",
    "month": "to_char(t.local_on, 'YYYY-MM')",
    "category": "nullif(e.category, '')",
}
_GROUPS = """
SELECT {key}, sum(e.amount) FROM ({narrowed}) AS wanted
JOIN ledger_transaction t ON t.id = wanted.id
JOIN commissions_commissionentry e ON e.source_id = t.id AND e.partner_id = %s AND e.source_type = 'transaction'
GROUP BY 1
"""


def commission_of_groups(*, partner: Partner, narrowed: QuerySet, by: str) -> dict[str, dict[Any, Decimal]]:
    """The commission of these transactions by shop, day, month or category."""
    try:
        inner, parameters = narrowed.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:
        return {"commission": {}}
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS.format(key=_KEYS[by], narrowed=inner), [*parameters, partner.pk])
        return {"commission": dict(cursor.fetchall())}
