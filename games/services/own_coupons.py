"""What customers do with their own coupons (contract 5.9)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Person
from customers.selectors.persons import list_customers_of_person
from games.errors import CouponEndsSoon
from games.models import Coupon
from games.selectors.coupons import RELATED
from games.services.coupons import Redeemed, Redemption, cancel_coupon, use_coupon
from loyalty.errors import ResourceNotFound
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import PartnerNotActive
from partners.models import Partner

LAST_DAY = timedelta(hours=24)


def get_own_coupon(*, person: Person, partner: Partner | None, coupon_id: int) -> Coupon:
    """A person's own coupon. Raises ResourceNotFound."""
    customers = list_customers_of_person(person=person, partner=partner)
    coupons = Coupon.objects.filter(customer_id__in=customers.values("pk"), pk=coupon_id)
    found = coupons.select_related(*RELATED, "partner").first()
    if found is None:
        raise ResourceNotFound(errors={"id": [_("There is no such coupon.")]})
    return found


@transaction.atomic
def redeem_own_coupon(
    *, person: Person, partner: Partner | None, coupon_id: int, redemption: Redemption, at: datetime
) -> Redeemed:
    """Use one's own coupon, once; for web shops and places without a till.

    Raises PartnerNotActive, because nobody would keep its promise, and what `redeem_coupon` does.
    """
    coupon = get_own_coupon(person=person, partner=partner, coupon_id=coupon_id)
    if not coupon.partner.is_active:
        raise PartnerNotActive
    actor = Actor("person", person.pk)
    done = use_coupon(actor=actor, partner=coupon.partner, coupon=coupon, redemption=redemption, sale=None, at=at)
    if not done.is_replay:
        audit.record(
            actor=actor,
            action="coupon.redeemed",
            target=coupon,
            partner_id=coupon.partner_id,
            changes={"status": (coupon.status, "redeemed")},
            at=at,
        )
    return done


def cancel_own_coupon(*, person: Person, partner: Partner | None, coupon_id: int, reason: str, at: datetime) -> Coupon:
    """Give a coupon up. Raises CouponEndsSoon within its last day, and what `cancel_coupon` does."""
    coupon = get_own_coupon(person=person, partner=partner, coupon_id=coupon_id)
    if coupon.expires_at is not None and at < coupon.expires_at <= at + LAST_DAY:
        raise CouponEndsSoon
    return cancel_coupon(
        actor=Actor("person", person.pk),
        partner=coupon.partner,
        coupon=coupon,
        reason=reason,
        at=at,
        is_held_too=False,
    )
