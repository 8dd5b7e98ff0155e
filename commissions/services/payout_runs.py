"""Bank files: several payouts in one message to the bank, each in one file at most."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.choices import PayoutMethod, PayoutRunStatus, PayoutStatus
from commissions.errors import (
    BankDetailsMissing,
    BankFileNotPossible,
    PayoutInProgress,
    PayoutWrongStatus,
    PlatformAccountMissing,
)
from commissions.models import BankDetails, Payout, PayoutRun, PayoutRunItem
from commissions.rules.bank import is_sepa
from commissions.rules.sepa import LONGEST_NAME, SCHEMAS, BankFileFaultError, Heading, Payment, bank_letters
from commissions.rules.sepa import write_bank_file as write
from commissions.selectors.bank import get_platform_account
from commissions.selectors.payouts import list_payable_by_file_across_partners
from commissions.services.payouts import finish_paid, lock_payout, start_payout
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor

MOST_PAYMENTS = 1_000
FURTHEST = timedelta(days=60)
EURO = "EUR"


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a file is asked for: these payouts (None: all that are ready), to be executed on this day."""

    payout_ids: Sequence[int] | None = None
    execution_on: date | None = None
    schema: str = SCHEMAS[0]


@transaction.atomic
def create_run(*, actor: Actor, data: NewRun, at: datetime) -> PayoutRun:
    """Make a bank file; drafts in it are issued with it. What stands in it is as it is now and is kept.

    Raises PlatformAccountMissing, BankDetailsMissing, BankFileNotPossible, PayoutInProgress, PayoutWrongStatus,
    ResourceNotFound, ValidationFailed, CommissionSyncRunning.
    """
    account = get_platform_account()
    if account is None:
        raise PlatformAccountMissing
    execution_on = _day(data, at)
    payouts = [lock_payout(payout) for payout in _wanted(data.payout_ids)]
    _refuse_odd(payouts)
    details = _details(payouts)
    message_id = f"LOY{at:%Y%m%d%H%M%S}{secrets.token_hex(4).upper()}"
    heading = Heading(message_id, account.holder, account.iban, account.bic, execution_on, at, data.schema)
    payments = [_payment(payout, details[payout.partner_id]) for payout in payouts]
    text = _written(heading, payments)
    run = PayoutRun.objects.create(
        message_id=message_id,
        schema=data.schema,
        currency=EURO,
        execution_on=execution_on,
        count=len(payments),
        total=sum(payment.amount for payment in payments),
        file=text,
        checksum=hashlib.sha256(text.encode()).hexdigest(),
        created_at=at,
        created_by=str(actor),
    )
    for payout in payouts:
        if payout.status == PayoutStatus.DRAFT:
            start_payout(actor=actor, payout=payout, method=PayoutMethod.BANK_FILE, action="issued", at=at)
        holder, iban = details[payout.partner_id].account_holder, details[payout.partner_id].iban
        PayoutRunItem.objects.create(run=run, payout=payout, amount=payout.amount, holder=holder, iban=iban)
    changes = {"status": ("", run.status), "count": (0, run.count), "total": (None, run.total)}
    audit.record(actor=actor, action="commission.bank_file_made", target=run, changes=changes, at=at)
    return run


@transaction.atomic
def cancel_run(*, actor: Actor, run: PayoutRun, reason: str, at: datetime) -> PayoutRun:
    """Call a file off that the bank has not executed: its payouts wait for another one. Cancelled already: no change.

    Raises ValidationFailed (no reason), PayoutWrongStatus (one of its payouts is paid), CommissionSyncRunning.
    """
    if not reason.strip():
        raise ValidationFailed(errors={"reason": [_("Say why it is cancelled.")]})
    payouts = [lock_payout(payout) for payout in _payouts_of(run)]
    found = PayoutRun.objects.select_for_update().get(pk=run.pk)
    if not found.is_live:
        return found
    paid = next((payout for payout in payouts if payout.status == PayoutStatus.PAID), None)
    if paid is not None:
        raise PayoutWrongStatus(number=paid.number, status=paid.get_status_display())
    PayoutRunItem.objects.filter(run=found, is_live=True).update(is_live=False)
    found.status, found.cancelled_at, found.cancelled_by = PayoutRunStatus.CANCELLED, at, str(actor)
    found.reason = reason.strip()[:500]
    found.save()
    changes = {"status": (PayoutRunStatus.LIVE.value, found.status)}
    audit.record(
        actor=actor, action="commission.bank_file_cancelled", target=found, changes=changes, reason=found.reason, at=at
    )
    return found


@transaction.atomic
def mark_run_paid(*, actor: Actor, run: PayoutRun, reason: str = "", at: datetime) -> PayoutRun:
    """The bank has executed a file: everything that is still live in it is paid. Paid already: no change.

    Raises PayoutWrongStatus (it was cancelled), CommissionSyncRunning.
    """
    payouts = [lock_payout(payout) for payout in _payouts_of(run)]
    found = PayoutRun.objects.select_for_update().get(pk=run.pk)
    if not found.is_live:
        raise PayoutWrongStatus(number=found.message_id, status=found.get_status_display())
    live = set(PayoutRunItem.objects.filter(run=found, is_live=True).values_list("payout_id", flat=True))
    for payout in payouts:
        if payout.pk in live and payout.status == PayoutStatus.ISSUED:
            finish_paid(actor=actor, payout=payout, reference=found.message_id, reason=reason, at=at)
    return found


@transaction.atomic
def download_run(*, actor: Actor, run: PayoutRun, reason: str = "", at: datetime) -> PayoutRun:
    """Hand a file out: the same bytes every time, and an audit of who took it. Raises PayoutWrongStatus (cancelled)."""
    found = PayoutRun.objects.select_for_update().get(pk=run.pk)
    if not found.is_live:
        raise PayoutWrongStatus(number=found.message_id, status=found.get_status_display())
    if found.downloaded_at is None:
        found.downloaded_at = at
        found.save(update_fields=["downloaded_at"])
    audit.record(actor=actor, action="commission.bank_file_downloaded", target=found, reason=reason, at=at)
    return found


def _day(data: NewRun, at: datetime) -> date:
    execution_on = data.execution_on or at.date()
    if not at.date() <= execution_on <= at.date() + FURTHEST:
        raise ValidationFailed(errors={"execution_on": [_("Must be today or within 60 days.")]})
    return execution_on


def _wanted(payout_ids: Sequence[int] | None) -> list[Payout]:
    """The payouts asked for, in the one order in which everybody locks them."""
    if payout_ids is None:
        found = list(list_payable_by_file_across_partners().order_by("partner_id", "pk")[:MOST_PAYMENTS])
    else:
        found = list(Payout.objects.filter(pk__in=payout_ids).order_by("partner_id", "pk"))
        if len(found) != len(set(payout_ids)):
            raise ResourceNotFound(errors={"payout_ids": [_("One of these payouts does not exist.")]})
    if not found:
        raise BankFileNotPossible(why=_("There is nothing to pay."))
    return found


def _refuse_odd(payouts: Sequence[Payout]) -> None:
    taken = PayoutRunItem.objects.select_related("run", "payout").filter(payout__in=payouts, is_live=True).first()
    if taken is not None:
        raise PayoutInProgress(number=taken.payout.number, holder=taken.run.message_id)
    for payout in payouts:
        is_waiting = payout.status == PayoutStatus.ISSUED and payout.method == PayoutMethod.BANK_FILE
        if payout.status != PayoutStatus.DRAFT and not is_waiting:
            raise PayoutWrongStatus(number=payout.number, status=payout.get_status_display())
        if payout.currency != EURO:
            text = _("{number} is in {currency}: SEPA transfers are in EUR only.")
            raise BankFileNotPossible(why=text.format(number=payout.number, currency=payout.currency))
        if payout.direction != "payout":
            raise BankFileNotPossible(why=_("{number} is an invoice: nobody is paid.").format(number=payout.number))


def _details(payouts: Sequence[Payout]) -> dict[int, BankDetails]:
    found = BankDetails.objects.in_bulk({payout.partner_id for payout in payouts})
    missing = sorted({str(payout.partner) for payout in payouts if payout.partner_id not in found})
    if missing:
        raise BankDetailsMissing(partners=", ".join(missing[:10]))
    for payout in payouts:
        details = found[payout.partner_id]
        if not is_sepa(details.iban):
            text = _("The account of {partner} is outside the SEPA area.")
            raise BankFileNotPossible(why=text.format(partner=payout.partner))
        if not bank_letters(details.account_holder, LONGEST_NAME):
            text = _("The account holder of {partner} cannot be written in the letters of banks.")
            raise BankFileNotPossible(why=text.format(partner=payout.partner))
    return found


def _payment(payout: Payout, details: BankDetails) -> Payment:
    return Payment(
        end_to_end=payout.number,
        name=details.account_holder,
        iban=details.iban,
        bic=details.bic,
        amount=payout.amount,
        text=f"{payout.number} {payout.statement.shown_number} {payout.statement.month}",
    )


def _written(heading: Heading, payments: Sequence[Payment]) -> str:
    try:
        return write(heading, payments)
    except BankFileFaultError as error:
        raise BankFileNotPossible(why=_("It would not be what the bank's rules ask for.")) from error


def _payouts_of(run: PayoutRun) -> list[Payout]:
    items = PayoutRunItem.objects.filter(run=run).select_related("payout")
    return [item.payout for item in items.order_by("payout__partner_id", "payout_id")]
