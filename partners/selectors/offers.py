"""Reading offers."""

from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from partners.models import Category, Offer, OfferShop, Partner, Shop


def offers_of(partner: Partner) -> QuerySet[Offer]:
    """The offers of a partner that are not deleted."""
    return Offer.objects.filter(partner=partner, deleted_at=None)


def running(offers: QuerySet[Offer], at: datetime) -> QuerySet[Offer]:
    """Those that are on and whose time it is."""
    started = Q(valid_from=None) | Q(valid_from__lte=at)
    return offers.filter(started, Q(valid_until=None) | Q(valid_until__gt=at), is_active=True)


def available(offers: QuerySet[Offer], at: datetime) -> QuerySet[Offer]:
    """Running ones of which something is left."""
    return running(offers, at).filter(Q(usage_limit=None) | Q(usage_count__lt=F("usage_limit")))


def valid_in_shops(offers: QuerySet[Offer], shop_ids: frozenset[int]) -> QuerySet[Offer]:
    """Those that one of these shops takes: its own, and those that are valid everywhere."""
    places = OfferShop.objects.filter(offer=OuterRef("pk"))
    return offers.filter(Q(~Exists(places)) | Exists(places.filter(shop_id__in=shop_ids)))


def list_offers(*, partner: Partner, filtered: QuerySet[Offer], page: Page) -> tuple[list[Offer], int]:
    """One page of offers with shops, groups and product, newest first, and how many there are."""
    rows = filtered.filter(partner=partner)
    shown = with_links(rows).order_by("-pk")[page.offset : page.offset + page.size]
    return list(shown), rows.count()


def get_offer(*, partner: Partner, offer_id: int) -> Offer:
    """One offer. Raises ResourceNotFound, for another partner's and for a deleted one too."""
    offer = with_links(offers_of(partner)).filter(pk=offer_id).first()
    if offer is None:
        raise ResourceNotFound(errors={"offer_id": [_("There is no such offer.")]})
    return offer


def with_links(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """With everything that an answer shows, in a number of queries that does not grow with the rows."""
    return offers.select_related("product").prefetch_related(
        Prefetch("shops", Shop.objects.only("pk", "name").order_by("pk")),
        Prefetch("categories", Category.objects.only("pk", "key", "slug", "name").order_by("pk")),
    )


def offer_counts(*, partner: Partner, at: datetime) -> dict[str, int]:
    """How many there are, how many run, and how many are over."""
    now_running = running(offers_of(partner), at).values("pk")
    return offers_of(partner).aggregate(
        total=Count("pk"),
        active=Count("pk", filter=Q(pk__in=now_running)),
        expired=Count("pk", filter=Q(valid_until__lte=at)),
    )
