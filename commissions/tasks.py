"""Work of commission that no one waits for."""

from celery import shared_task
from django.utils import timezone

from commissions.selectors.closing import list_partners_that_close_across_partners
from commissions.selectors.cursors import list_partners_to_follow_across_partners
from commissions.selectors.payouts import list_waiting_across_partners
from commissions.services.closing import close_due_months
from commissions.services.payout_sending import deliver_payout
from commissions.services.sync import accrue_partner
from loyalty.errors import UnavailableError
from partners.models import Partner


@shared_task(name="commissions.accrue")
def accrue() -> None:
    """Ask for the lines of new sales of every partner who has some; every few minutes."""
    for partner_id in list_partners_to_follow_across_partners():
        accrue_of_partner.delay(partner_id=partner_id)


@shared_task(
    name="commissions.accrue_of_partner",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def accrue_of_partner(*, partner_id: int) -> None:
    """Follow one partner's sales. Killed, it goes on where the last whole step ended; of two at once, one does it."""
    accrue_partner(partner=Partner.objects.get(pk=partner_id), at=timezone.now())


@shared_task(
    name="commissions.send_payout",
    autoretry_for=(UnavailableError,),
    retry_backoff=30,
    retry_backoff_max=300,
    retry_jitter=True,
    max_retries=2,
)
def send_payout(*, payout_id: int) -> None:
    """Bring one payout to the payment provider, or ask how far it is; what fails for long is left to the sweep."""
    deliver_payout(payout_id=payout_id, at=timezone.now())


@shared_task(name="commissions.send_waiting_payouts")
def send_waiting_payouts() -> None:
    """Start what stayed behind: the broker was away, a worker died, or a pause is over."""
    for payout_id in list_waiting_across_partners(at=timezone.now()):
        send_payout.delay(payout_id=payout_id)


@shared_task(name="commissions.close_months")
def close_months() -> None:
    """Ask for the month's close of every partner whose months close themselves; every hour, for all their zones."""
    for partner_id in list_partners_that_close_across_partners():
        close_months_of_partner.delay(partner_id=partner_id)


@shared_task(
    name="commissions.close_months_of_partner",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def close_months_of_partner(*, partner_id: int) -> None:
    """Lock one partner's months that are due and issue their statements; what is done already is not done again."""
    close_due_months(partner=Partner.objects.get(pk=partner_id), at=timezone.now())
