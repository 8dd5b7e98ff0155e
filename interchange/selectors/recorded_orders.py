"""Which orders of a file the ledger has already."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from interchange.rules.orders import Order
from partners.models import Partner

_RECORDED = """
SELECT o.number
FROM unnest(%(numbers)s::integer[], %(invoices)s::text[], %(returns)s::boolean[]) AS o(number, invoice, is_return)
WHERE CASE WHEN o.is_return
    THEN EXISTS (SELECT FROM ledger_transaction t
                 WHERE t.partner_id = %(partner)s AND t.order_id = o.invoice AND t.refund_id = o.invoice)
    ELSE EXISTS (SELECT FROM ledger_transaction t
                 WHERE t.partner_id = %(partner)s AND t.order_id = o.invoice AND t.type = 'purchase')
END
"""


def find_recorded_orders(*, partner: Partner, orders: Sequence[Order]) -> frozenset[int]:
    """The numbers of those that are: a sale is known by its order id, a return by the refund id of an import."""
    parameters: dict[str, Any] = {
        "partner": partner.pk,
        "numbers": [order.number for order in orders],
        "invoices": [order.invoice for order in orders],
        "returns": [order.is_return for order in orders],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORDED, parameters)
        return frozenset(row[0] for row in cursor.fetchall())
