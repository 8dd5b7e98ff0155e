"""Cards for many customers at once."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from cards.choices import IssuedCardStatus
from cards.errors import CardNotIssued, CardNumbersExhausted
from cards.models import Card
from cards.rules.numbers import new_number
from cards.services.issued_cards import TRIES

# Whoever has the card, or the number, is passed over; the caller looks again.
_ISSUE = """
INSERT INTO cards_issuedcard (partner_id, card_id, customer_id, number, qr_value, status, issued_at, updated_at)
SELECT %(partner)s, %(card)s, n.customer_id, n.number, n.qr_value, %(status)s, n.issued_at, %(at)s
FROM unnest(%(customers)s::bigint[], %(numbers)s::text[], %(codes)s::uuid[], %(times)s::timestamptz[])
    AS n(customer_id, number, qr_value, issued_at)
ON CONFLICT DO NOTHING RETURNING customer_id, id
"""
# After the write: whoever gave a number up in the meantime has committed, so its retirement is visible.
_UNDO = """
DELETE FROM cards_issuedcard i USING cards_retiredcardnumber r
WHERE i.id = ANY(%s) AND r.partner_id = i.partner_id AND r.number = i.number RETURNING i.customer_id
"""
_HOLDERS = "SELECT customer_id FROM cards_issuedcard WHERE card_id = %s AND customer_id = ANY(%s)"


def issue_cards(*, card: Card, holders: Mapping[int, datetime], at: datetime) -> dict[int, int]:
    """A card of the programme for each of these customers (id → when it was issued); the new ids by customer.

    Customers who hold one already are not in the answer. The caller owns the transaction, makes the balances and audits
    the load as a whole; no CardIssued is published. Raises CardNotIssued, CardNumbersExhausted.
    """
    if not card.is_usable:
        raise CardNotIssued
    issued: dict[int, int] = {}
    waiting = dict(holders)
    with connection.cursor() as cursor:
        for _ in range(TRIES):
            if not waiting:
                break
            parameters: dict[str, Any] = {
                "partner": card.partner_id,
                "card": card.pk,
                "status": IssuedCardStatus.ACTIVE,
                "at": at,
                "customers": list(waiting),
                "numbers": [new_number() for _ in waiting],
                "codes": [uuid.uuid4() for _ in waiting],
                "times": list(waiting.values()),
            }
            cursor.execute(_ISSUE, parameters)
            fresh = dict(cursor.fetchall())
            cursor.execute(_UNDO, [list(fresh.values())])
            issued |= fresh
            for (customer,) in cursor.fetchall():
                del issued[customer]
            cursor.execute(_HOLDERS, [card.pk, list(waiting)])
            held = {row[0] for row in cursor.fetchall()}
            waiting = {customer: when for customer, when in waiting.items() if customer not in held}
    if waiting:
        raise CardNumbersExhausted(retry_after=1)
    return issued
