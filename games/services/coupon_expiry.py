"""The hourly end of coupons that are over, and of holds that were forgotten. Reads and uses go by the clock without it;
it makes the table say so.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from partners.models import Partner

BATCH = 500
# A till that holds a coupon this long has forgotten it.
LONGEST_HOLD = timedelta(hours=24)
# A coupon that somebody holds right now is left for the next run; so nobody is waited for, and no anchor is needed.
_EXPIRE = """
UPDATE games_coupon SET status = 'expired', pending_at = NULL, pending_shop_id = NULL, ended_at = expires_at
WHERE id IN (
    SELECT id FROM games_coupon
    WHERE partner_id = %(partner)s AND status IN ('active', 'pending') AND expires_at <= %(at)s
    ORDER BY expires_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
) AND status IN ('active', 'pending') AND expires_at <= %(at)s
"""
_RELEASE = """
UPDATE games_coupon SET status = 'active', pending_at = NULL, pending_shop_id = NULL, selected_product_id = NULL
WHERE id IN (
    SELECT id FROM games_coupon
    WHERE partner_id = %(partner)s AND status = 'pending' AND pending_at <= %(since)s
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
) AND status = 'pending' AND pending_at <= %(since)s
"""


def expire_partner_coupons(*, partner: Partner, at: datetime) -> int:
    """End what is over of this partner; says how many coupons. In batches, each its own transaction; safe to repeat."""
    return _repeat(_EXPIRE, {"partner": partner.pk, "at": at, "batch": BATCH})


def release_forgotten_coupons(*, partner: Partner, at: datetime) -> int:
    """Let go of coupons that a shop has held for a day; says how many."""
    return _repeat(_RELEASE, {"partner": partner.pk, "since": at - LONGEST_HOLD, "batch": BATCH})


def _repeat(statement: str, parameters: dict[str, Any]) -> int:
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            done = cursor.rowcount
        total += done
        if done == 0:
            return total
