"""Work of games that no one waits for."""

from celery import shared_task
from django.utils import timezone

from games.selectors.plays import list_partner_ids_with_due_plays_across_partners
from games.services.claims import expire_partner_plays
from loyalty.errors import UnavailableError
from partners.models import Partner


@shared_task(name="games.expire_plays")
def expire_plays() -> None:
    """Ask for the plays of each partner that have some whose time is over to be ended."""
    for partner_id in list_partner_ids_with_due_plays_across_partners(at=timezone.now()):
        expire_plays_of_partner.delay(partner_id=partner_id)


@shared_task(
    name="games.expire_plays_of_partner",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def expire_plays_of_partner(*, partner_id: int) -> None:
    """End one partner's plays whose time is over, and give back the points of those that were never begun."""
    expire_partner_plays(partner=Partner.objects.get(pk=partner_id), at=timezone.now())
