"""Customers of a whole history at once, known by the number that another system gave them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from customers.choices import CustomerSource
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody who bought first then and there."""

    external_id: str
    joined_at: datetime
    shop_id: int | None


# Two statements: the second sees also those whom somebody else enrolled while the first waited for them.
_ENROL = """
INSERT INTO customers_customer (
    partner_id, external_id, source, shop_id, joined_at, language, name, is_active, updated_at
) SELECT %(partner)s, j.external_id, %(source)s, j.shop_id, j.joined_at, %(language)s, '', true, %(at)s
FROM unnest(%(ids)s::text[], %(shops)s::bigint[], %(times)s::timestamptz[]) AS j(external_id, shop_id, joined_at)
ON CONFLICT (partner_id, external_id) DO NOTHING
"""
_FIND = "SELECT external_id, id FROM customers_customer WHERE partner_id = %s AND external_id = ANY(%s)"


def enrol_customers(
    *,
    partner: Partner,
    joining: Iterable[Joining],
    at: datetime,
    source: str = CustomerSource.IMPORT,
) -> tuple[dict[str, int], int]:
    """Customer ids by external id, enrolled where unknown, without e-mail or consent; and how many were.

    The caller owns the transaction and audits the load as a whole; no CustomerRegistered is published.
    """
    rows = list(joining)
    parameters: dict[str, Any] = {
        "partner": partner.pk,
        "source": source,
        "language": partner.default_language,
        "at": at,
        "ids": [row.external_id for row in rows],
        "shops": [row.shop_id for row in rows],
        "times": [row.joined_at for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENROL, parameters)
        enrolled = cursor.rowcount
        cursor.execute(_FIND, [partner.pk, parameters["ids"]])
        return dict(cursor.fetchall()), enrolled
