"""Reading coupons: by code, of a customer, with what a customer may choose."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from cards.models import IssuedCard
from customers.models import Customer
from games.choices import LIVE_COUPON, CouponStatus
from games.models import BatchShop, Coupon, GameProduct, GameShop
from games.rules.codes import normalize
from loyalty.errors import ResourceNotFound
from loyalty.models import AuditEvent
from loyalty.services.audit import Actor
from partners.models import Category, Offer, OfferCategory, OfferShop, Partner, Product

RELEASED = "coupon.released"
RELATED = ("game", "offer", "customer", "issued_card__card")
MOST_OF_A_CARD = 200


@dataclass(frozen=True, slots=True)
class CouponView:
    """A coupon with what its holder may choose from, and the groups of goods that it is for."""

    coupon: Coupon
    products: tuple[Product, ...] = ()
    categories: tuple[Category, ...] = ()

    @property
    def must_choose(self) -> bool:
        """Whether a product has to be named, because there are several."""
        return len(self.products) > 1


@dataclass(frozen=True, slots=True)
class CouponQuery:
    """Which coupons of a partner."""

    status: str = "active"
    customer_id: int | None = None
    card_id: int | None = None
    shop_id: int | None = None


def get_coupon(*, partner: Partner, coupon_id: int) -> Coupon:
    """Raises ResourceNotFound."""
    coupon = Coupon.objects.filter(partner=partner, pk=coupon_id).select_related(*RELATED).first()
    if coupon is None:
        raise ResourceNotFound(errors={"coupon_id": [_("There is no such coupon.")]})
    return coupon


def find_coupon(*, partner: Partner, code: str) -> Coupon | None:
    """By its code as somebody typed it, or by the value of its QR code."""
    coupons = Coupon.objects.filter(partner=partner).select_related(*RELATED)
    qr_value = qr_value_of(code)
    if qr_value is not None:
        return coupons.filter(qr_value=qr_value).first()
    return coupons.filter(code=normalize(code)[:20]).first()


def qr_value_of(text: str) -> uuid.UUID | None:
    """The UUID that a QR code holds, if this is one."""
    plain = text.strip().replace("-", "")
    if len(plain) != 32:
        return None
    try:
        return uuid.UUID(plain)
    except ValueError:
        return None


def list_coupons(*, partner: Partner, query: CouponQuery, at: datetime) -> QuerySet[Coupon]:
    """The newest first. Raises ResourceNotFound for a customer or card that is not the partner's."""
    coupons = of_status(Coupon.objects.filter(partner=partner), query.status, at)
    if query.customer_id is not None:
        if not Customer.objects.filter(partner=partner, pk=query.customer_id).exists():
            raise ResourceNotFound(errors={"user_id": [_("There is no such customer.")]})
        coupons = coupons.filter(customer_id=query.customer_id)
    if query.card_id is not None:
        if not IssuedCard.objects.filter(partner=partner, pk=query.card_id).exists():
            raise ResourceNotFound(errors={"card_id": [_("There is no such card.")]})
        coupons = coupons.filter(issued_card_id=query.card_id)
    if query.shop_id is not None:
        coupons = valid_at(coupons, query.shop_id)
    return coupons.select_related(*RELATED).order_by("-pk")


def list_coupons_of_customers(*, customers: Iterable[Customer], status: str, at: datetime) -> QuerySet[Coupon]:
    """A person's own coupons, wherever they are a customer."""
    ids = [customer.pk for customer in customers]
    coupons = of_status(Coupon.objects.filter(customer_id__in=ids), status, at)
    return coupons.select_related(*RELATED, "partner").order_by("-pk")


def of_status(coupons: QuerySet[Coupon], status: str, at: datetime) -> QuerySet[Coupon]:
    """By what a coupon is worth now: one that is over counts as expired before anybody has said so."""
    over, live = Q(expires_at__lte=at), Q(status__in=LIVE_COUPON)
    match status:
        case "active":
            return coupons.filter(live & ~(Q(expires_at__isnull=False) & over))
        case "pending":
            return coupons.filter(Q(status=CouponStatus.PENDING) & ~(Q(expires_at__isnull=False) & over))
        case "used" | "redeemed":
            return coupons.filter(status=CouponStatus.REDEEMED)
        case "expired":
            return coupons.filter(Q(status=CouponStatus.EXPIRED) | (live & over))
        case "cancelled":
            return coupons.filter(status=CouponStatus.CANCELLED)
    return coupons


def status_of(coupon: Coupon, at: datetime) -> str:
    """What it is worth now."""
    is_live = coupon.status in LIVE_COUPON
    if is_live and coupon.expires_at is not None and coupon.expires_at <= at:
        return CouponStatus.EXPIRED
    return coupon.status


def last_release(*, coupon: Coupon, actor: Actor, since: datetime) -> datetime | None:
    """When this caller last let go of the coupon, if that was no longer ago."""
    trail = AuditEvent.objects.filter(target_type=coupon._meta.label_lower, target_id=str(coupon.pk))
    last = trail.filter(action=RELEASED, at__gte=since).order_by("-pk").first()
    return last.at if last is not None and (last.actor_kind, last.actor_id) == (actor.kind, actor.id) else None


def valid_at(coupons: QuerySet[Coupon], shop_id: int) -> QuerySet[Coupon]:
    """Those whose game, offer and batch name no shops, or this one."""
    for model, name in ((GameShop, "game_id"), (OfferShop, "offer_id"), (BatchShop, "batch_id")):
        places = model._default_manager.filter(**{name: OuterRef(name)})
        coupons = coupons.filter(Q(**{name: None}) | ~Exists(places) | Exists(places.filter(shop_id=shop_id)))
    return coupons


def is_valid_at(*, coupon: Coupon, shop_id: int) -> bool:
    """Whether a shop may take this coupon."""
    if coupon.game_id is None and coupon.offer_id is None and coupon.batch_id is None:
        return True
    return valid_at(Coupon.objects.filter(pk=coupon.pk), shop_id).exists()


def with_choices(coupons: Iterable[Coupon]) -> list[CouponView]:
    """Coupons with their products and categories, in a constant number of queries."""
    rows = list(coupons)
    by_game: dict[int, list[Product]] = {}
    games = {row.game_id for row in rows if row.game_id}
    links = GameProduct.objects.filter(game_id__in=games, product__deleted_at=None)
    for link in links.select_related("product").prefetch_related("product__categories").order_by("product_id"):
        by_game.setdefault(link.game_id, []).append(link.product)
    offers = {row.offer_id for row in rows if row.offer_id}
    by_offer: dict[int, list[Category]] = {}
    for named in OfferCategory.objects.filter(offer_id__in=offers).select_related("category").order_by("category_id"):
        by_offer.setdefault(named.offer_id, []).append(named.category)
    given = Offer.objects.filter(pk__in=offers, product__deleted_at=None).exclude(product=None)
    of_offer = {
        offer.pk: offer.product
        for offer in given.select_related("product").prefetch_related("product__categories")
        if offer.product is not None
    }
    return [
        CouponView(
            row,
            tuple(by_game.get(row.game_id or 0) or filter(None, [of_offer.get(row.offer_id or 0)])),
            tuple(by_offer.get(row.offer_id or 0, ())),
        )
        for row in rows
    ]


def view_of(coupon: Coupon) -> CouponView:
    """One coupon with its choices."""
    return with_choices([coupon])[0]


@dataclass(frozen=True, slots=True)
class CouponCounts:
    """What a person has won, used and missed."""

    total: int
    active: int
    redeemed: int
    expired: int
    cancelled: int
    expiring_soon: int


def count_coupons_of_customers(*, customers: Iterable[Customer], at: datetime, soon: timedelta) -> CouponCounts:
    """A person's coupons in numbers, in one query."""
    live = Q(status__in=LIVE_COUPON)
    over = Q(expires_at__isnull=False, expires_at__lte=at)
    rows = Coupon.objects.filter(customer_id__in=[customer.pk for customer in customers]).aggregate(
        total=Count("pk"),
        active=Count("pk", filter=live & ~over),
        redeemed=Count("pk", filter=Q(status=CouponStatus.REDEEMED)),
        expired=Count("pk", filter=Q(status=CouponStatus.EXPIRED) | (live & over)),
        cancelled=Count("pk", filter=Q(status=CouponStatus.CANCELLED)),
        expiring_soon=Count("pk", filter=live & Q(expires_at__gt=at, expires_at__lte=at + soon)),
    )
    return CouponCounts(**rows)


def list_partner_ids_with_due_coupons_across_partners(*, at: datetime, longest_hold: timedelta) -> list[int]:
    """Whose table does not say yet that coupons are over, or holds coupons that a shop forgot."""
    due = Q(status__in=LIVE_COUPON, expires_at__lte=at)
    forgotten = Q(status=CouponStatus.PENDING, pending_at__lte=at - longest_hold)
    partners = [
        Coupon.objects.filter(wanted).order_by().values_list("partner_id", flat=True).distinct()
        for wanted in (due, forgotten)
    ]
    return sorted({partner_id for found in partners for partner_id in found})
