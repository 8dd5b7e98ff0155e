"""One effect and one answer per Idempotency-Key.

Claim, effect and answer are one transaction: whatever kills us before its commit leaves nothing behind, so there is
no "in progress" mark that somebody would have to clean up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from loyalty.errors import IdempotencyInFlight, IdempotencyKeyReused
from loyalty.models import IdempotencyRecord
from loyalty.rules.idempotency import parse_key

KEPT = timedelta(hours=72)
# How long a duplicate waits for the first request; well below the SDK's time limit of 30 s.
PATIENCE_MS = 3000
REFUSED = 400

# The time limit is set in the same statement (its FROM is evaluated first), which saves a round trip. It ends with
# the transaction, and the web role has the same limit anyway.
_CLAIM = """
INSERT INTO loyalty_idempotencyrecord
    (scope, key, method, path, fingerprint, status, body, location, created_at, expires_at)
SELECT %s, %s, %s, %s, %s, 0, '', '', %s, %s
FROM set_config('lock_timeout', %s, true)
ON CONFLICT (scope, key) DO NOTHING
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it goes out, and goes out again for the same key."""

    status: int
    body: str
    location: str = ""


def remember(
    *, scope: str, key: str, method: str, path: str, fingerprint: bytes, at: datetime, run: Callable[[], Stored]
) -> tuple[Stored, bool]:
    """The answer of `run`, or the one already given under this key (then the second member is True).

    `key` is the header as sent. Only outcomes below 400 are kept; a refusal takes its effect and the claim with it.
    The transaction must be the outermost one: an answer that is not committed may not be told to anyone.
    """
    return _remember(
        scope=scope,
        key=parse_key(key),
        method=method,
        path=path,
        fingerprint=fingerprint,
        at=at,
        run=run,
        kept=KEPT,
    )


def remember_repeat(
    *, scope: str, method: str, path: str, fingerprint: bytes, at: datetime, run: Callable[[], Stored]
) -> tuple[Stored, bool]:
    """The same for a call without a key: one that overlaps with an equal one of the same caller, or starts within a
    few seconds after it ended, is taken for its repeat (decision 3, promise B4).

    A client that lost the answer sends again after one and two seconds. Whoever means it twice within that time sends
    two Idempotency-Keys.
    """
    # With a blank, which no header can have.
    key = f"repeat {fingerprint.hex()}"
    return _remember(
        scope=scope,
        key=key,
        method=method,
        path=path,
        fingerprint=fingerprint,
        at=at,
        run=run,
        kept=repeat_window(),
    )


def repeat_window() -> timedelta:
    """How long after its end a call without a key is repeated by an equal one."""
    return timedelta(seconds=settings.REPEAT_SECONDS)


def _remember(
    *,
    scope: str,
    key: str,
    method: str,
    path: str,
    fingerprint: bytes,
    at: datetime,
    run: Callable[[], Stored],
    kept: timedelta,
) -> tuple[Stored, bool]:
    with transaction.atomic(durable=True):
        claim = (scope, key, method, path, fingerprint, at, at + kept)
        record_id = _insert(claim)
        while record_id is None:
            earlier = IdempotencyRecord.objects.filter(scope=scope, key=key).first()
            if earlier is not None and earlier.expires_at > at:
                return _replay(earlier, method, path, fingerprint), True
            # Out of date and not yet swept, or swept since: as if it had never been.
            IdempotencyRecord.objects.filter(scope=scope, key=key, expires_at__lte=at).delete()
            record_id = _insert(claim)
        outcome = run()
        if outcome.status >= REFUSED:
            transaction.set_rollback(True)
        else:
            IdempotencyRecord.objects.filter(pk=record_id).update(
                status=outcome.status,
                body=outcome.body,
                location=outcome.location,
                # Counted from the end: a slow call is repeated as late as a quick one.
                expires_at=max(at, timezone.now()) + kept,
            )
    return outcome, False


def _insert(claim: tuple[Any, ...]) -> int | None:
    """The new record's id, or None if the key has one. Waits for a request that holds the key."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [*claim, f"{PATIENCE_MS}ms"])
            row = cursor.fetchone()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise IdempotencyInFlight(retry_after=1) from error
        raise
    return None if row is None else row[0]


def _replay(earlier: IdempotencyRecord, method: str, path: str, fingerprint: bytes) -> Stored:
    if (earlier.method, earlier.path, bytes(earlier.fingerprint)) != (method, path, fingerprint):
        raise IdempotencyKeyReused
    return Stored(earlier.status, earlier.body, earlier.location)
