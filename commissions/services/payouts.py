"""Payouts and invoices: made with the statement that asks for them, issued once, paid once.

draft → issued → paid | failed, failed → issued again. Whoever changes one holds the partner's advisory lock, then its
month (the anchor of partner money), then the payout itself; so of two clicks and two workers one does it, and the
other finds it done.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from commissions.choices import PayoutDirection, PayoutMethod, PayoutStatus, StatementStatus
from commissions.errors import PayoutInProgress, PayoutWrongStatus, ProviderAccountMissing, StatementNotPayable
from commissions.events import PayoutChanged
from commissions.models import BankDetails, CommissionPeriod, Payout, PayoutRunItem, PayoutSeries, Statement
from commissions.providers.base import get_provider
from commissions.services.locking import wait_for_lock
from commissions.services.statements import settle_statement
from loyalty import events
from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.jobs import start_after_commit

FIELDS = ("status", "method", "round", "external_id", "reference", "error")
PREFIXES = {PayoutDirection.PAYOUT: "PO", PayoutDirection.INVOICE: "IN"}


@transaction.atomic
def create_payout(*, actor: Actor, statement: Statement, at: datetime) -> Payout:
    """The draft of what an issued statement asks for; there is one of each, and it is found again.

    Raises StatementNotPayable, CommissionSyncRunning.
    """
    wait_for_lock(partner_id=statement.partner_id)
    CommissionPeriod.objects.select_for_update().get(pk=statement.period_id)
    found = Payout.objects.filter(statement=statement).first()
    if found is not None:
        return found
    asked = Statement.objects.select_related("partner").get(pk=statement.pk)
    if asked.status != StatementStatus.ISSUED or asked.settled == 0:
        raise StatementNotPayable
    direction = PayoutDirection.INVOICE if asked.settled > 0 else PayoutDirection.PAYOUT
    today = at.astimezone(ZoneInfo(asked.partner.time_zone)).date()
    made = Payout.objects.create(
        partner=asked.partner,
        statement=asked,
        direction=direction,
        number=_next_number(direction),
        amount=abs(asked.settled),
        currency=asked.currency,
        due_on=today + timedelta(days=settings.PAYMENTS["DUE_DAYS"]),
        created_at=at,
    )
    changes = {"status": ("", made.status), "amount": (None, made.amount), "number": ("", made.number)}
    _record(actor, "created", made, changes, at=at)
    return made


@transaction.atomic
def issue_payout(*, actor: Actor, payout: Payout, method: str, reason: str = "", at: datetime) -> Payout:
    """Let a draft go its way. Issued the same way already: no change.

    Raises PayoutWrongStatus, ValidationFailed (a bank file pays, it does not charge), PaymentProviderMissing,
    ProviderAccountMissing, CommissionSyncRunning.
    """
    found = lock_payout(payout)
    if found.status == PayoutStatus.ISSUED and found.method == method:
        return found
    if found.status != PayoutStatus.DRAFT:
        raise PayoutWrongStatus(number=found.number, status=found.get_status_display())
    return start_payout(actor=actor, payout=found, method=method, action="issued", reason=reason, at=at)


@transaction.atomic
def retry_payout(*, actor: Actor, payout: Payout, method: str | None = None, reason: str = "", at: datetime) -> Payout:
    """Issue one that failed again, the same way or another. Issued already: no change. Raises as `issue_payout`."""
    found = lock_payout(payout)
    if found.status == PayoutStatus.ISSUED:
        return found
    if found.status != PayoutStatus.FAILED:
        raise PayoutWrongStatus(number=found.number, status=found.get_status_display())
    way = method or found.method
    return start_payout(actor=actor, payout=found, method=way, action="retried", reason=reason, at=at)


@transaction.atomic
def mark_paid(*, actor: Actor, payout: Payout, reference: str = "", reason: str = "", at: datetime) -> Payout:
    """The money has moved: the statement and its month are settled with it. Paid already: no change.

    Raises PayoutWrongStatus (a draft), PayoutInProgress (the provider will say so itself), CommissionSyncRunning.
    """
    found = lock_payout(payout)
    if found.status == PayoutStatus.PAID:
        return found
    if found.status == PayoutStatus.DRAFT:
        raise PayoutWrongStatus(number=found.number, status=found.get_status_display())
    if found.is_with_provider:
        raise PayoutInProgress(number=found.number, holder=found.provider)
    return finish_paid(actor=actor, payout=found, reference=reference, reason=reason, at=at)


@transaction.atomic
def mark_failed(*, actor: Actor, payout: Payout, reason: str, at: datetime) -> Payout:
    """It did not arrive: it may be issued again. Failed already: no change; a bank file lets go of it.

    Raises ValidationFailed (no reason), PayoutWrongStatus, PayoutInProgress, CommissionSyncRunning.
    """
    if not reason.strip():
        raise ValidationFailed(errors={"reason": [_("Say why it failed.")]})
    found = lock_payout(payout)
    if found.status == PayoutStatus.FAILED:
        return found
    if found.status != PayoutStatus.ISSUED:
        raise PayoutWrongStatus(number=found.number, status=found.get_status_display())
    if found.is_with_provider:
        raise PayoutInProgress(number=found.number, holder=found.provider)
    return finish_failed(actor=actor, payout=found, error=reason.strip()[:500], at=at)


@transaction.atomic
def follow_settlement(*, actor: Actor, statement_id: int, at: datetime) -> None:
    """A statement was settled: what asked for it is paid, too, whoever settled it.

    The caller holds the partner's lock. Raises PayoutInProgress, so that nobody settles by hand what a bank file or a
    provider is about to pay.
    """
    found = Payout.objects.select_for_update().filter(statement_id=statement_id).first()
    if found is None or found.status == PayoutStatus.PAID:
        return
    if found.is_with_provider:
        raise PayoutInProgress(number=found.number, holder=found.provider)
    item = PayoutRunItem.objects.select_related("run").filter(payout=found, is_live=True).first()
    if item is not None:
        raise PayoutInProgress(number=found.number, holder=item.run.message_id)
    before = audit.snapshot(found, FIELDS)
    found.method = found.method or PayoutMethod.MANUAL
    found.issued_at, found.issued_by = found.issued_at or at, found.issued_by or str(actor)
    _write_paid(actor, found, before, "", at)


# --- What the services around share; their callers hold the locks of `lock_payout`


def lock_payout(payout: Payout) -> Payout:
    """The payout as it is now, behind the partner's lock and its month. Raises CommissionSyncRunning."""
    wait_for_lock(partner_id=payout.partner_id)
    period_id = Statement.objects.values_list("period_id", flat=True).get(pk=payout.statement_id)
    CommissionPeriod.objects.select_for_update().get(pk=period_id)
    return Payout.objects.select_for_update(of=("self",)).select_related("partner", "statement").get(pk=payout.pk)


def start_payout(*, actor: Actor, payout: Payout, method: str, action: str, reason: str = "", at: datetime) -> Payout:
    """Issue a payout that is a draft or failed."""
    if method == PayoutMethod.BANK_FILE and payout.direction != PayoutDirection.PAYOUT:
        raise ValidationFailed(errors={"method": [_("A bank file pays partners: it cannot charge them.")]})
    before = audit.snapshot(payout, FIELDS)
    payout.next_at, payout.provider = None, ""
    if method == PayoutMethod.PROVIDER:
        provider = get_provider()
        if not counterpart_of(payout):
            raise ProviderAccountMissing
        payout.provider, payout.next_at = provider.name, at
        start_after_commit("commissions.send_payout", payout_id=payout.pk)
    payout.status, payout.method, payout.failed_at, payout.error = PayoutStatus.ISSUED, method, None, ""
    payout.external_id = ""
    payout.issued_at, payout.issued_by = at, str(actor)
    payout.save()
    changes = audit.difference(before, audit.snapshot(payout, FIELDS))
    _record(actor, action, payout, changes, reason=reason, at=at)
    return payout


def finish_paid(*, actor: Actor, payout: Payout, reference: str = "", reason: str = "", at: datetime) -> Payout:
    """Note that the money has moved, and settle the statement."""
    before = audit.snapshot(payout, FIELDS)
    payout.reference = reference.strip()[:140] or payout.reference
    _write_paid(actor, payout, before, reason, at)
    settle_statement(actor=actor, statement=payout.statement, reason=payout.number, at=at)
    return payout


def finish_failed(*, actor: Actor, payout: Payout, error: str, is_refusal: bool = False, at: datetime) -> Payout:
    """Note that it did not arrive. After a provider's own refusal the next try is another payment to it."""
    before = audit.snapshot(payout, FIELDS)
    payout.status, payout.failed_at, payout.error, payout.next_at = PayoutStatus.FAILED, at, error, None
    payout.round += int(is_refusal)
    payout.save()
    PayoutRunItem.objects.filter(payout=payout, is_live=True).update(is_live=False)
    changes = audit.difference(before, audit.snapshot(payout, FIELDS))
    _record(actor, "failed", payout, changes, reason=error, at=at)
    return payout


def counterpart_of(payout: Payout) -> str:
    """What the provider calls the partner, for this direction; nothing where nobody entered it."""
    details = BankDetails.objects.filter(partner_id=payout.partner_id).first()
    if details is None:
        return ""
    is_payout = payout.direction == PayoutDirection.PAYOUT
    return details.provider_account if is_payout else details.provider_customer


def _write_paid(actor: Actor, payout: Payout, before: dict[str, Any], reason: str, at: datetime) -> None:
    payout.status, payout.paid_at, payout.paid_by = PayoutStatus.PAID, at, str(actor)
    payout.failed_at, payout.error, payout.next_at = None, "", None
    payout.save()
    _record(actor, "paid", payout, audit.difference(before, audit.snapshot(payout, FIELDS)), reason=reason, at=at)


def _next_number(direction: PayoutDirection) -> str:
    PayoutSeries.objects.get_or_create(direction=direction)
    series = PayoutSeries.objects.select_for_update().get(direction=direction)
    series.last += 1
    series.save()
    return f"{PREFIXES[direction]}-{series.last:06d}"


def _record(
    actor: Actor, what: str, payout: Payout, changes: dict[str, Any], *, reason: str = "", at: datetime
) -> None:
    audit.record(
        actor=actor,
        action=f"commission.payout_{what}",
        target=payout,
        partner_id=payout.partner_id,
        changes=changes,
        reason=reason[:500],
        at=at,
    )
    events.publish(PayoutChanged(payout.partner_id, payout.pk, payout.status, at))
