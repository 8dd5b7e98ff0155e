"""What is new in the ledger for those who follow it (commission, roll-ups, webhooks), never skipping a late commit.

A sale with a lower id may be committed after one with a higher id, so "everything above the last id" loses it. Rows
are read in the order of the database transaction that wrote them, and only below the oldest one that still runs: no row
will ever join those (decision 8).
"""

from typing import NamedTuple

from django.db import connection

SALES = "ledger_transaction"
POINTS = "ledger_pointsentry"


class Mark(NamedTuple):
    """How far somebody has read: the last row's transaction id of PostgreSQL and its own id."""

    xid: int = 0
    id: int = 0


class Feed(NamedTuple):
    """The next transactions' ids and where they end; no ids: everything that is committed for good was read."""

    ids: list[int]
    mark: Mark


_NEXT = """
SELECT t.xid::text::bigint AS xid, t.id FROM ledger_transaction t
WHERE t.partner_id = %s AND (t.xid, t.id) > (%s::text::xid8, %s)
  AND t.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY t.xid, t.id LIMIT %s
"""
# Where the next rows end, for those who read them in the database.
_END = """
SELECT xid::text::bigint, id FROM (
    SELECT t.xid, t.id FROM {table} t
    WHERE t.partner_id = %s AND (t.xid, t.id) > (%s::text::xid8, %s)
      AND t.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY t.xid, t.id LIMIT %s
) AS next ORDER BY xid DESC, id DESC LIMIT 1
"""
# The rows between two marks: none will ever join them.
BETWEEN_MARKS = """
(t.xid, t.id) > (%(after_xid)s::text::xid8, %(after_id)s) AND (t.xid, t.id) <= (%(upto_xid)s::text::xid8, %(upto_id)s)
"""
_NEWS = """
SELECT m.partner_id FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS m(partner_id, xid, id)
WHERE EXISTS (
    SELECT FROM {table} t
    WHERE t.partner_id = m.partner_id AND (t.xid, t.id) > (m.xid::xid8, m.id)
      AND t.xid < pg_snapshot_xmin(pg_current_snapshot()))
"""


def read_feed(*, partner_id: int, after: Mark, limit: int) -> Feed:
    """The next transactions of a partner."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [partner_id, str(after.xid), after.id, limit])
        rows = cursor.fetchall()
    return Feed([row[1] for row in rows], Mark(*rows[-1]) if rows else after)


def find_mark(*, partner_id: int, after: Mark, limit: int | None, table: str = SALES) -> Mark:
    """Where the next `limit` rows of a partner end (None: all of them); `after` itself: there are none.

    For those who read the rows in the database: `BETWEEN_MARKS` with the values of `between`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_END.format(table=table), [partner_id, str(after.xid), after.id, limit])
        row = cursor.fetchone()
    return Mark(*row) if row else after


def between(after: Mark, upto: Mark) -> dict[str, str | int]:
    """What `BETWEEN_MARKS` wants to know."""
    return {"after_xid": str(after.xid), "after_id": after.id, "upto_xid": str(upto.xid), "upto_id": upto.id}


def partners_with_news_across_partners(*, marks: dict[int, Mark], table: str = SALES) -> list[int]:
    """Those of the partners who have rows beyond their mark."""
    if not marks:
        return []
    texts, ids = [str(mark.xid) for mark in marks.values()], [mark.id for mark in marks.values()]
    with connection.cursor() as cursor:
        cursor.execute(_NEWS.format(table=table), [list(marks), texts, ids])
        return [row[0] for row in cursor.fetchall()]
