"""Work of games that no one waits for."""

from celery import shared_task
from django.utils import timezone

from games.selectors.batches import list_unfinished_batch_ids_across_partners
from games.selectors.coupons import list_partner_ids_with_due_coupons_across_partners
from games.selectors.plays import list_partner_ids_with_due_plays_across_partners
from games.services.batches import make_codes
from games.services.claims import expire_partner_plays
from games.services.coupon_expiry import LONGEST_HOLD, expire_partner_coupons, release_forgotten_coupons
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


@shared_task(name="games.expire_coupons")
def expire_coupons() -> None:
    """Ask for the coupons of each partner that has some that are over, or held for too long."""
    for partner_id in list_partner_ids_with_due_coupons_across_partners(at=timezone.now(), longest_hold=LONGEST_HOLD):
        expire_coupons_of_partner.delay(partner_id=partner_id)


@shared_task(
    name="games.expire_coupons_of_partner",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def expire_coupons_of_partner(*, partner_id: int) -> None:
    """End one partner's coupons that are over, and let go of those that a shop forgot."""
    partner, now = Partner.objects.get(pk=partner_id), timezone.now()
    expire_partner_coupons(partner=partner, at=now)
    release_forgotten_coupons(partner=partner, at=now)


@shared_task(
    name="games.make_batch_codes",
    autoretry_for=(UnavailableError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def make_batch_codes(*, batch_id: int) -> None:
    """Make the codes of a batch that are still missing."""
    make_codes(batch_id=batch_id, at=timezone.now())


@shared_task(name="games.finish_batches")
def finish_batches() -> None:
    """Go on with batches whose work was lost: a worker died, the broker was away."""
    for batch_id in list_unfinished_batch_ids_across_partners(at=timezone.now()):
        make_batch_codes.delay(batch_id=batch_id)
