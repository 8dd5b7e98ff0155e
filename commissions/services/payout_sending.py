"""Bringing payouts to a payment provider, and its answers back.

Each attempt claims the payout with one conditional UPDATE and a lease, asks outside any transaction, and writes the
answer down; a worker that dies in between leaves the lease, after which it is asked again under the same key.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from commissions.choices import PayoutMethod, PayoutStatus
from commissions.errors import PaymentProviderMissing
from commissions.models import Payout
from commissions.providers.base import Answer, Order, Outcome, PaymentProvider, get_provider
from commissions.services.payouts import counterpart_of, finish_failed, finish_paid, lock_payout
from loyalty.errors import UnavailableError
from loyalty.services.audit import SYSTEM

# Longer than all calls of one attempt may take together.
LEASE = timedelta(minutes=15)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
# After so long without any answer somebody has to look.
STUBBORN = timedelta(hours=36)
# A direct debit takes days.
LOOK_AGAIN = timedelta(hours=1)


def deliver_payout(*, payout_id: int, at: datetime) -> Payout | None:
    """Send a payout that is due, or ask how far it is; None where there is nothing to do.

    Raises UnavailableError to be tried again.
    """
    payout = _claim(payout_id, at)
    if payout is None:
        return None
    provider = _provider_of(payout)
    if provider is None:
        _note(payout, next_at=None, error=f"{payout.provider} is not set up here any more")
        return payout
    try:
        answer = _ask(provider, payout)
    except UnavailableError as error:
        pause = min(FIRST_PAUSE * 2 ** min(payout.attempts - 1, 20), LONGEST_PAUSE)
        is_over = not payout.external_id and at - (payout.issued_at or at) > STUBBORN
        _note(payout, next_at=None if is_over else at + pause, error=error.code)
        raise
    return _take(payout, answer, at)


def _provider_of(payout: Payout) -> PaymentProvider | None:
    """The one that was asked first; another one knows nothing of the payment."""
    try:
        provider = get_provider()
    except PaymentProviderMissing:
        return None
    return provider if provider.name == payout.provider else None


@transaction.atomic
def _claim(pk: int, at: datetime) -> Payout | None:
    """The payout as it was claimed: its row is held until it is read, or its number might be the next one's."""
    due = Payout.objects.filter(pk=pk, status=PayoutStatus.ISSUED, method=PayoutMethod.PROVIDER, next_at__lte=at)
    if not due.update(next_at=at + LEASE, attempts=F("attempts") + 1):
        return None
    return Payout.objects.select_related("partner").get(pk=pk)


def _ask(provider: PaymentProvider, payout: Payout) -> Answer:
    order = Order(
        key=payout.provider_key,
        direction=payout.direction,
        number=payout.number,
        counterpart=counterpart_of(payout),
        amount=payout.amount,
        currency=payout.currency,
        description=f"Loyalty {payout.number}",
        due_on=payout.due_on,
    )
    if payout.external_id:
        return provider.look(order, payout.external_id)
    # Attempts are counted over all rounds, so that whatever may have been sent before is looked for.
    if payout.attempts > 1 and (known := provider.find(order)) is not None:
        return known
    return provider.send(order)


def _take(payout: Payout, answer: Answer, at: datetime) -> Payout:
    """Write an answer down. First what the provider calls it, so that a death after this asks about it by name."""
    if not _note(payout, external_id=answer.external_id or payout.external_id, error=answer.reason):
        return payout
    if answer.outcome == Outcome.PENDING:
        _note(payout, next_at=at + LOOK_AGAIN)
        return payout
    if answer.outcome == Outcome.ODD:
        # Nobody asks again by itself; a person marks it as paid or failed.
        _note(payout, next_at=None)
        return payout
    return _finish(payout, answer, at)


@transaction.atomic
def _finish(payout: Payout, answer: Answer, at: datetime) -> Payout:
    found = lock_payout(payout)
    if (found.status, found.attempts) != (PayoutStatus.ISSUED, payout.attempts):
        return found  # another attempt has been quicker
    if answer.outcome == Outcome.PAID:
        return finish_paid(actor=SYSTEM, payout=found, reference=answer.external_id, at=at)
    return finish_failed(actor=SYSTEM, payout=found, error=answer.reason, is_refusal=True, at=at)


def _note(payout: Payout, **values: object) -> bool:
    """Only by the attempt that holds it: one whose lease is over has been overtaken."""
    held = Payout.objects.filter(pk=payout.pk, status=PayoutStatus.ISSUED, attempts=payout.attempts)
    if not held.update(**values):
        payout.refresh_from_db()
        return False
    for name, value in values.items():
        setattr(payout, name, value)
    return True
