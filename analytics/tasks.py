"""Work of the statistics that no one waits for."""

from celery import shared_task
from django.utils import timezone

from analytics.selectors.cursors import list_partners_to_roll_up_across_partners
from analytics.services.rolling import roll_up_partner
from loyalty.errors import UnavailableError
from partners.models import Partner


@shared_task(name="analytics.roll_up")
def roll_up() -> None:
    """Ask for the roll-up of every partner of whom there is news; every few minutes."""
    for partner_id in list_partners_to_roll_up_across_partners():
        roll_up_of_partner.delay(partner_id=partner_id)


@shared_task(
    name="analytics.roll_up_of_partner",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def roll_up_of_partner(*, partner_id: int) -> None:
    """Roll up one partner. Killed, it goes on where the last whole step ended; of two at once, one does it."""
    roll_up_partner(partner=Partner.objects.get(pk=partner_id), at=timezone.now())
