"""Offers with what a customer has claimed of them."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from customers.models import Person
from customers.selectors.persons import list_customers_of_person
from games.choices import CouponStatus
from games.models import Coupon
from loyalty.errors import ResourceNotFound
from partners.choices import PartnerStatus
from partners.models import Offer, Partner
from partners.selectors.offers import running, with_links


def offers_of_person(*, person: Person, partner: Partner | None, at: datetime) -> QuerySet[Offer]:
    """The running offers of the partners (or the one `partner`) whose customer a person is."""
    return running(_of_their_partners(person, partner), at)


def get_offer_of_person(*, person: Person, partner: Partner | None, offer_id: int, at: datetime) -> Offer:
    """One of them. Raises ResourceNotFound."""
    return _one(offers_of_person(person=person, partner=partner, at=at), offer_id)


def get_offer_to_claim(*, person: Person, partner: Partner | None, offer_id: int, at: datetime) -> Offer:
    """One of them, or one that is over, whose claim is refused with a word of its own. Raises ResourceNotFound."""
    offers = _of_their_partners(person, partner)
    was_shown = offers.filter(is_active=True, valid_until__lte=at)
    return _one(running(offers, at) | was_shown, offer_id)


def _of_their_partners(person: Person, partner: Partner | None) -> QuerySet[Offer]:
    partners = list_customers_of_person(person=person, partner=partner).values("partner_id")
    open_partners = Partner.objects.filter(pk__in=partners, status=PartnerStatus.ACTIVE).values("pk")
    return Offer.objects.filter(partner__in=open_partners, deleted_at=None)


def _one(offers: QuerySet[Offer], offer_id: int) -> Offer:
    found = with_links(offers).select_related("partner").filter(pk=offer_id).first()
    if found is None:
        raise ResourceNotFound(errors={"offer_id": [_("There is no such offer.")]})
    return found


def count_claims(*, person: Person, offers: Iterable[Offer]) -> dict[int, int]:
    """How often a person has claimed each of these offers."""
    customers = list_customers_of_person(person=person).values("pk")
    claimed = Coupon.objects.filter(offer__in=[offer.pk for offer in offers], customer__in=customers)
    rows = claimed.exclude(status=CouponStatus.CANCELLED).values_list("offer").annotate(count=Count("pk"))
    return dict(rows)
