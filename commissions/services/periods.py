"""Closing months and opening them again, and the lock on a partner's commission as a whole (analytics 3.2)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.choices import PeriodState, SyncKind
from commissions.errors import CommissionPeriodSettled, LaterPeriodLocked
from commissions.events import PeriodLocked
from commissions.models import CommissionPeriod, PartnerLock
from commissions.rules.months import first_to_post_in
from commissions.selectors.periods import (
    LockStatus,
    checksum_of,
    closed_months,
    get_lock_status,
    list_periods,
    total_of,
)
from commissions.services.locking import clear_expired, lift, lock_in_force, wait_for_lock
from commissions.services.pins import release_defaults
from commissions.services.statement_lines import add_extra_line, remove_extra_line
from commissions.services.statements import draft_statement, withdraw_statement
from commissions.services.sync import follow, note_rates_changed, refuse_future
from loyalty import events
from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner

FIELDS = ("state", "version", "lines", "total", "checksum")


@transaction.atomic
def lock_period(*, actor: Actor, partner: Partner, month: str, reason: str = "", at: datetime) -> LockStatus:
    """Follow the last sales, freeze the lines of a month, note their checksum and draft the statement.

    Locked already: nothing changes. Sales go on: later ones of this month are posted in the next open one. While the
    partner as a whole is locked, the lines are frozen as they stand.

    Raises ValidationFailed (a month to come), CommissionPeriodSettled.
    """
    refuse_future(partner=partner, month=month, at=at)
    wait_for_lock(partner_id=partner.pk)
    period = _lock_row(partner, month)
    if period.state == PeriodState.LOCKED:
        return get_lock_status(partner=partner, month=month, at=at)
    if period.state == PeriodState.SETTLED:
        raise CommissionPeriodSettled(month=month)
    before = {**audit.snapshot(period, FIELDS), "partner_total": total_of(partner=partner)}
    if lock_in_force(partner_id=partner.pk, at=at) is None:
        while follow(partner=partner, actor=actor, kind=SyncKind.LOCK, at=at) is not None:
            pass
        period.refresh_from_db()
    add_extra_line(period=period)
    period.state, period.locked_at, period.locked_by, period.reason = PeriodState.LOCKED, at, str(actor), reason
    period.checksum = checksum_of(period=period)
    period.save()
    draft_statement(period=period, at=at)
    _record(actor, "commission.period_locked", period, before, reason=reason, at=at)
    events.publish(PeriodLocked(partner.pk, period.pk, month, at))
    return get_lock_status(partner=partner, month=month, at=at)


@transaction.atomic
def unlock_period(*, actor: Actor, partner: Partner, month: str, reason: str, at: datetime) -> LockStatus:
    """Open a locked month as its next version; what was posted elsewhere for it comes home. Not locked: no change.

    The draft of its statement is withdrawn. Raises ValidationFailed (no reason), CommissionPeriodSettled,
    CommissionStatementIssued, LaterPeriodLocked.
    """
    _want_reason(reason)
    wait_for_lock(partner_id=partner.pk)
    period = list_periods(partner=partner).select_for_update().filter(month=month, currency=partner.currency).first()
    if period is None or period.is_open:
        return get_lock_status(partner=partner, month=month, at=at)
    if period.state == PeriodState.SETTLED:
        raise CommissionPeriodSettled(month=month)
    later = list_periods(partner=partner).filter(month__gt=month, currency=partner.currency)
    last = later.exclude(state=PeriodState.OPEN).order_by("-month").first()
    if last is not None:
        raise LaterPeriodLocked(month=last.month)
    before = {**audit.snapshot(period, FIELDS), "partner_total": total_of(partner=partner)}
    withdraw_statement(period=period)
    period.state, period.version, period.checksum = PeriodState.OPEN, period.version + 1, ""
    period.locked_at, period.locked_by, period.reason = None, "", ""
    period.save()
    remove_extra_line(period=period)
    period.save()
    # Late facts of closed months right before this one were posted beyond it, and come here too.
    since = first_to_post_in(month, closed_months(partner=partner))
    note_rates_changed(partner_id=partner.pk, since=since)
    _record(actor, "commission.period_unlocked", period, before, reason=reason, at=at)
    return get_lock_status(partner=partner, month=month, at=at)


@transaction.atomic
def lock_partner(
    *, actor: Actor, partner: Partner, reason: str = "", locked_until: datetime | None = None, at: datetime
) -> LockStatus:
    """Let a partner's commission stand still: no synchronizing, no change of rates. Locked already: nothing changes.

    Raises ValidationFailed (`locked_until` in the past).
    """
    if locked_until is not None and locked_until <= at:
        raise ValidationFailed(errors={"locked_until": [_("This moment is over already.")]})
    wait_for_lock(partner_id=partner.pk)
    clear_expired(partner_id=partner.pk, at=at)
    if lock_in_force(partner_id=partner.pk, at=at) is None:
        lock, _is_new = PartnerLock.objects.select_for_update().get_or_create(partner=partner)
        lock.is_locked, lock.locked_at, lock.locked_by = True, at, str(actor)
        lock.reason, lock.locked_until = reason, locked_until
        lock.save()
        total = total_of(partner=partner)
        changes = {"is_locked": (False, True), "locked_until": (None, locked_until), "total": (total, total)}
        audit.record(
            actor=actor,
            action="commission.locked",
            target=lock,
            partner_id=partner.pk,
            changes=changes,
            reason=reason,
            at=at,
        )
    return get_lock_status(partner=partner, month=None, at=at)


@transaction.atomic
def unlock_partner(*, actor: Actor, partner: Partner, reason: str, at: datetime) -> LockStatus:
    """Let a partner's commission go on. Not locked: no change. Raises ValidationFailed (no reason)."""
    _want_reason(reason)
    wait_for_lock(partner_id=partner.pk)
    clear_expired(partner_id=partner.pk, at=at)
    lock = PartnerLock.objects.select_for_update().filter(partner=partner, is_locked=True).first()
    if lock is not None:
        total = total_of(partner=partner)
        lift(lock)
        release_defaults(partner_id=partner.pk, at=at)
        audit.record(
            actor=actor,
            action="commission.unlocked",
            target=lock,
            partner_id=partner.pk,
            changes={"is_locked": (True, False), "total": (total, total)},
            reason=reason,
            at=at,
        )
    return get_lock_status(partner=partner, month=None, at=at)


def _want_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationFailed(errors={"reason": [_("Say why it is unlocked.")]})


def _lock_row(partner: Partner, month: str) -> CommissionPeriod:
    locked = CommissionPeriod.objects.select_for_update()
    period, _is_new = locked.get_or_create(partner=partner, month=month, currency=partner.currency)
    return period


def _record(
    actor: Actor, action: str, period: CommissionPeriod, before: dict[str, object], *, reason: str, at: datetime
) -> None:
    after = {**audit.snapshot(period, FIELDS), "partner_total": total_of(partner=period.partner)}
    changes = {**audit.difference(before, after), "total": (before["total"], after["total"])}
    audit.record(
        actor=actor, action=action, target=period, partner_id=period.partner_id, changes=changes, reason=reason, at=at
    )
