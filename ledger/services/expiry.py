"""The nightly end of points that are over. Balances are right without it (reads and sales count by the clock); it
makes the ledger say so.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from partners.models import Partner

BATCH = 500

_EXPIRE = """
WITH due AS MATERIALIZED (
    SELECT b.issued_card_id FROM ledger_pointsbalance b
    WHERE b.partner_id = %(partner)s AND b.next_expiry_at <= %(at)s
    ORDER BY b.issued_card_id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
) SELECT array_agg(issued_card_id) FROM due
"""
_ENTRIES = """
INSERT INTO ledger_pointsentry (partner_id, issued_card_id, kind, points, business_key, actor_kind, reason, occurred_at)
SELECT partner_id, issued_card_id, 'expire', -remaining, 'expire:' || id, 'system', '', expires_at
FROM ledger_pointslot WHERE issued_card_id = ANY(%(cards)s) AND remaining > 0 AND expires_at <= %(at)s
ORDER BY issued_card_id, id
"""
_LOTS = """
WITH emptied AS (
    UPDATE ledger_pointslot l SET remaining = 0
    FROM (SELECT id, remaining FROM ledger_pointslot
          WHERE issued_card_id = ANY(%(cards)s) AND remaining > 0 AND expires_at <= %(at)s) AS old
    WHERE l.id = old.id RETURNING l.issued_card_id, old.remaining
), gone AS (SELECT issued_card_id, sum(remaining) AS points FROM emptied GROUP BY 1)
UPDATE ledger_pointsbalance b SET
    balance = b.balance - coalesce(gone.points, 0),
    expired = b.expired + coalesce(gone.points, 0),
    next_expiry_at = (SELECT min(l.expires_at) FROM ledger_pointslot l
                      WHERE l.issued_card_id = b.issued_card_id AND l.remaining > 0 AND l.expires_at > %(at)s),
    updated_at = %(at)s
FROM unnest(%(cards)s::bigint[]) AS card LEFT JOIN gone ON gone.issued_card_id = card
WHERE b.issued_card_id = card
"""


def expire_partner_points(*, partner: Partner, at: datetime) -> int:
    """Post the expiry of everything of this partner that is over. Answers how many cards were touched.

    In batches, each its own transaction; a card that somebody holds right now is left for the next run. Safe to repeat.
    """
    touched = 0
    while cards := _expire_batch(partner.pk, at):
        touched += cards
    return touched


@transaction.atomic
def _expire_batch(partner_id: int, at: datetime) -> int:
    parameters: dict[str, Any] = {"partner": partner_id, "at": at, "batch": BATCH}
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, parameters)
        cards = cursor.fetchone()[0]
        if not cards:
            return 0
        cursor.execute(_ENTRIES, {**parameters, "cards": cards})
        cursor.execute(_LOTS, {**parameters, "cards": cards})
    return len(cards)
