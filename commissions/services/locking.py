"""One at a time: whoever writes a partner's commission holds its advisory lock until the transaction ends."""

from datetime import datetime

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from commissions.errors import CommissionLocked, CommissionSyncRunning
from commissions.models import PartnerLock
from loyalty.services import audit
from loyalty.services.audit import SYSTEM

_TRY = "SELECT pg_try_advisory_xact_lock(hashtextextended('commission', %s))"
# Each part reads the one before it, so they run in this order; what follows in the transaction waits as it did before.
_WAIT = """
WITH before AS MATERIALIZED (SELECT current_setting('lock_timeout') AS said),
limited AS MATERIALIZED (SELECT before.said, set_config('lock_timeout', '3s', true) FROM before),
locked AS MATERIALIZED (
    SELECT limited.said, pg_advisory_xact_lock(hashtextextended('commission', %s)) FROM limited WHERE set_config <> ''
)
SELECT set_config('lock_timeout', locked.said, true) FROM locked
"""
PLATFORM = 0  # the defaults' own lock


def try_lock(*, partner_id: int) -> bool:
    """Take the lock if it is free."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY, [partner_id])
        return bool(cursor.fetchone()[0])


def wait_for_lock(*, partner_id: int) -> None:
    """Take the lock, waiting three seconds for whoever has it. Raises CommissionSyncRunning."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_WAIT, [partner_id])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise CommissionSyncRunning(retry_after=5) from error
        raise


def lock_in_force(*, partner_id: int, at: datetime) -> PartnerLock | None:
    """The partner-wide lock, if there is one that is not over."""
    lock = PartnerLock.objects.filter(partner_id=partner_id, is_locked=True).first()
    if lock is None or (lock.locked_until is not None and lock.locked_until <= at):
        return None
    return lock


def refuse_locked(*, partner_id: int, at: datetime) -> None:
    """Raises CommissionLocked while the partner's commission stands still; clears a lock that is over.

    The caller holds the partner's advisory lock.
    """
    if lock_in_force(partner_id=partner_id, at=at) is not None:
        raise CommissionLocked
    clear_expired(partner_id=partner_id, at=at)


def clear_expired(*, partner_id: int, at: datetime) -> None:
    """Note in the audit trail that a lock has run out."""
    lock = PartnerLock.objects.select_for_update().filter(partner_id=partner_id, is_locked=True).first()
    if lock is None or lock.locked_until is None or lock.locked_until > at:
        return
    before = audit.snapshot(lock, ("is_locked", "locked_until", "reason"))
    lift(lock)
    changes = audit.difference(before, audit.snapshot(lock, before))
    audit.record(
        actor=SYSTEM, action="commission.lock_expired", target=lock, partner_id=partner_id, changes=changes, at=at
    )


def lift(lock: PartnerLock) -> None:
    """Nothing is locked any more."""
    lock.is_locked, lock.locked_at, lock.locked_until, lock.reason, lock.locked_by = False, None, None, "", ""
    lock.save()
