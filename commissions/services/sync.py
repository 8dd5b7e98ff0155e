"""Following sales: what is new, in small steps that survive a kill; and everything anew, when somebody asks for it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.choices import SyncKind
from commissions.errors import CommissionLocked, CommissionSyncRunning
from commissions.models import CommissionCursor, CommissionRate, SyncRun
from commissions.rules.months import next_month
from commissions.selectors.periods import current_month, total_of
from commissions.selectors.rates import load_book
from commissions.selectors.sources import list_months_with_sales
from commissions.services.locking import clear_expired, lock_in_force, refuse_locked, try_lock
from commissions.services.posting import Changes
from commissions.services.restating import Restating, restating
from ledger.selectors.feed import Mark, find_mark
from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import SYSTEM, Actor
from partners.models import Partner

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a synchronization did, or would do."""

    run: SyncRun
    is_dry: bool


def accrue_partner(*, partner: Partner, at: datetime, chunk: int = CHUNK) -> Changes:
    """Follow a partner's sales up to the last one committed for good.

    Each step of `chunk` sales is a transaction of its own with its cursor: a kill loses nothing and repeats nothing.
    While somebody else is at it, or the commission is locked, nothing is done.
    """
    whole = Changes()
    while True:
        step = _accrue_step(partner, at, chunk)
        if step is None:
            return whole
        whole.add(step)


@transaction.atomic
def _accrue_step(partner: Partner, at: datetime, chunk: int) -> Changes | None:
    if not try_lock(partner_id=partner.pk) or lock_in_force(partner_id=partner.pk, at=at) is not None:
        return None
    clear_expired(partner_id=partner.pk, at=at)
    return follow(partner=partner, actor=SYSTEM, kind=SyncKind.ACCRUAL, at=at, chunk=chunk)


def follow(*, partner: Partner, actor: Actor, kind: SyncKind, at: datetime, chunk: int = CHUNK) -> Changes | None:
    """One step of following the feed; None: there was nothing new. The caller holds the partner's lock."""
    cursor, _is_new = CommissionCursor.objects.select_for_update().get_or_create(partner=partner)
    after = Mark(cursor.feed_xid, cursor.feed_id)
    month = _month_to_restate(partner, cursor)
    upto = after if month else find_mark(partner_id=partner.pk, after=after, limit=chunk)
    if month is None and upto == after:
        return None
    before = total_of(partner=partner)
    with restating(partner=partner, book=load_book(partner=partner)) as run:
        if month:
            run.restate_month(month)
            cursor.restate_from = next_month(month)
        else:
            run.restate_new(after, upto)
            cursor.feed_xid, cursor.feed_id = upto
    cursor.save()
    if not run.changes.is_empty:
        _record(partner, actor, _run(partner, actor, kind, run, before=before, at=at), at)
    return run.changes


def _month_to_restate(partner: Partner, cursor: CommissionCursor) -> str | None:
    """The next month to compute anew, because a rate reaches back or a month was opened again."""
    if not cursor.restate_from:
        return None
    # Whose feed is read from its beginning gets every line computed anyway.
    is_followed = (cursor.feed_xid, cursor.feed_id) != (0, 0)
    months = list_months_with_sales(partner=partner, since=cursor.restate_from) if is_followed else []
    if months:
        return months[0]
    cursor.restate_from = ""
    cursor.save()
    return None


def force_sync(*, actor: Actor, partner: Partner, month: str | None, is_dry: bool, at: datetime) -> SyncReport:
    """Compute every line of open months anew, and post what closed months lack as adjustments; or one month only.

    A dry run says what would change and changes nothing. Raises CommissionLocked, CommissionSyncRunning,
    ValidationFailed (a month to come).
    """
    with transaction.atomic():
        run = _force(actor, partner, month, is_dry, at)
        transaction.set_rollback(is_dry)
    return SyncReport(run, is_dry)


def _force(actor: Actor, partner: Partner, month: str | None, is_dry: bool, at: datetime) -> SyncRun:
    if not try_lock(partner_id=partner.pk):
        raise CommissionSyncRunning(retry_after=5)
    refuse_locked(partner_id=partner.pk, at=at)
    refuse_future(partner=partner, month=month, at=at)
    before = total_of(partner=partner)
    cursor, _is_new = CommissionCursor.objects.select_for_update().get_or_create(partner=partner)
    mark = find_mark(partner_id=partner.pk, after=Mark(cursor.feed_xid, cursor.feed_id), limit=None)
    with restating(partner=partner, book=load_book(partner=partner)) as run:
        if month in run.closed:
            raise CommissionLocked
        for one in list_months_with_sales(partner=partner) if month is None else [month]:
            run.restate_month(one)
    made = _run(partner, actor, SyncKind.FORCE, run, before=before, at=at)
    made.month = month or ""
    made.rates_changed = _rates_changed(partner, cursor.rates_seen_at)
    made.skipped_locked_periods = sorted(run.closed) if month is None else []
    if month is None:
        # Whatever the feed still holds up to here has just been looked at.
        cursor.feed_xid, cursor.feed_id, cursor.restate_from = *mark, ""
    cursor.rates_seen_at = at
    cursor.save()
    _record(partner, actor, made, at)
    return made


def refuse_future(*, partner: Partner, month: str | None, at: datetime) -> None:
    """Raises ValidationFailed for a month that has not begun."""
    if month is not None and month > current_month(partner, at):
        raise ValidationFailed(errors={"period": [_("This month has not begun yet.")]})


def _rates_changed(partner: Partner, seen_at: datetime | None) -> int:
    """Versions of the platform's defaults that the partner's commission has not met yet."""
    fresh = CommissionRate.objects.filter(partner=None, currency=partner.currency, withdrawn_at=None)
    return fresh.count() if seen_at is None else fresh.filter(created_at__gt=seen_at).count()


def _run(partner: Partner, actor: Actor, kind: SyncKind, run: Restating, *, before: Decimal, at: datetime) -> SyncRun:
    changes = run.changes
    return SyncRun(
        partner=partner,
        kind=kind,
        actor_kind=actor.kind,
        actor_id=actor.id,
        sales=changes.sales,
        created=changes.created,
        updated=changes.updated,
        removed=changes.removed,
        unchanged=changes.unchanged,
        adjustments=changes.adjustments,
        total_before=before,
        total_after=total_of(partner=partner),
        diff=changes.shown,
        at=at,
    )


def _record(partner: Partner, actor: Actor, run: SyncRun, at: datetime) -> None:
    run.save()
    audit.record(
        actor=actor,
        action=f"commission.synchronized.{run.kind}",
        target=run,
        partner_id=partner.pk,
        changes={
            "total": (run.total_before, run.total_after),
            **{name: (0, getattr(run, name)) for name in ("created", "updated", "removed") if getattr(run, name)},
        },
        at=at,
    )


def note_rates_changed(*, partner_id: int | None, since: str) -> None:
    """Let the next step compute open months from `since` on anew: of one partner, or (None) of everybody."""
    cursors = CommissionCursor.objects.all()
    if partner_id is not None:
        CommissionCursor.objects.get_or_create(partner_id=partner_id)
        cursors = cursors.filter(partner_id=partner_id)
    cursors.filter(restate_from="").update(restate_from=since)
    cursors.filter(restate_from__gt=since).update(restate_from=since)
