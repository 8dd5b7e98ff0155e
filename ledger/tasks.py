"""Work of the ledger that no one waits for."""

from celery import shared_task
from django.utils import timezone

from ledger.services.expiry import expire_partner_points
from loyalty.errors import UnavailableError
from partners.models import Partner
from partners.selectors.partners import list_partner_ids_across_partners


@shared_task(name="ledger.expire_points")
def expire_points() -> None:
    """Ask for each partner's points that are over to be posted so; hourly, because partners live in many zones."""
    for partner_id in list_partner_ids_across_partners():
        expire_points_of_partner.delay(partner_id=partner_id)


@shared_task(
    name="ledger.expire_points_of_partner",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def expire_points_of_partner(*, partner_id: int) -> None:
    """Post the expiry of one partner's points."""
    expire_partner_points(partner=Partner.objects.get(pk=partner_id), at=timezone.now())
