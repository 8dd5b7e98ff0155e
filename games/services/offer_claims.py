"""Claiming an offer: points for a coupon (contract 5.9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.errors import CardBlocked
from cards.models import IssuedCard
from customers.models import Customer
from games.choices import CouponStatus, RewardType
from games.events import OfferClaimed
from games.models import Coupon
from games.rules.rewards import Reward
from games.services.issuing import issue_coupon
from ledger.choices import EntryKind
from ledger.models import PointsBalance
from ledger.services.enrolment import issue_default_card
from ledger.services.locks import lock_cards
from ledger.services.points import Cause, post_points
from loyalty import events
from loyalty.api.localized import shown_text
from loyalty.errors import ResourceNotFound
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.choices import DiscountType, OfferKind
from partners.errors import (
    OfferAlreadyClaimed,
    OfferExpired,
    OfferNotAvailable,
    OfferUsedUp,
    TierRequirementNotMet,
)
from partners.models import Offer, Partner
from partners.rules.offers import status_of

# A second call so soon is the first one's retry (decision 3).
RETRY = timedelta(seconds=3.5)


@dataclass(frozen=True, slots=True)
class Claim:
    """The coupon that came of it, and what was paid. A replay answers what was claimed a moment ago."""

    coupon: Coupon
    offer: Offer
    points_balance: int
    is_replay: bool = False


@transaction.atomic
def claim_offer(
    *,
    actor: Actor,
    partner: Partner,
    offer_id: int,
    customer: Customer,
    at: datetime,
    issued_card_id: int | None = None,
    is_keyless: bool = True,
) -> Claim:
    """A coupon for a customer, for the points that the offer costs; they come from one card.

    All cards of the customer are locked first, so that their claims come one after another. Raises ResourceNotFound,
    CardBlocked, OfferExpired, OfferNotAvailable, OfferUsedUp, OfferAlreadyClaimed, TierRequirementNotMet,
    InsufficientPoints.
    """
    card = _card_of(actor, partner, customer, _Wanted(issued_card_id, _programmes(partner, offer_id)), at)
    held = IssuedCard.objects.filter(partner=partner, customer=customer).values_list("pk", flat=True)
    lock_cards(issued_card_ids=held)
    offer = Offer.objects.select_related("product").filter(partner=partner, pk=offer_id, deleted_at=None).first()
    if offer is None:
        raise ResourceNotFound(errors={"offer_id": [_("There is no such offer.")]})
    earlier = Coupon.objects.filter(offer=offer, customer=customer).exclude(status=CouponStatus.CANCELLED)
    if is_keyless and (again := _repeated(earlier, at)) is not None:
        return Claim(again, offer, PointsBalance.objects.get(pk=card.pk).balance, is_replay=True)
    _check(offer, at)
    if offer.card_ids and card.card_id not in offer.card_ids:
        raise OfferNotAvailable(reason=_("it is for other cards."))
    _check_level(partner, customer, offer)
    if offer.user_limit is not None and earlier.count() >= offer.user_limit:
        raise OfferAlreadyClaimed(limit=offer.user_limit)
    _count(offer)
    issued = issue_coupon(
        partner=partner,
        issued_card=card,
        reward=reward_of_offer(offer),
        title=offer.title,
        at=at,
        expires_at=coupon_end(offer, at),
        offer=offer,
        points_spent=offer.points_required,
    )
    posting = post_points(
        issued_card_id=card.pk,
        points=-offer.points_required,
        cause=Cause(EntryKind.REDEEM, f"coupon:{issued.coupon.pk}:claim", actor, occurred_at=at),
        at=at,
    )
    audit.record(
        actor=actor,
        action="offer.claimed",
        target=issued.coupon,
        partner_id=partner.pk,
        changes={"offer": (None, offer.pk), "points_spent": (None, offer.points_required)},
        at=at,
    )
    claimed = OfferClaimed(partner.pk, offer.pk, customer.pk, issued.coupon.pk, offer.points_required, at)
    events.publish(claimed)
    return Claim(issued.coupon, offer, posting.balance.balance)


def reward_of_offer(offer: Offer) -> Reward:
    """What the coupon of an offer promises."""
    least, most = offer.minimum_purchase or Decimal(0), offer.maximum_discount
    if offer.kind == OfferKind.FREE_ITEM:
        name = offer.product.name if offer.product is not None else shown_text(offer.title, "en")
        return Reward(RewardType.FREE_PRODUCT, product_name=name[:255], minimum_purchase=least)
    kind = RewardType.PERCENTAGE if offer.discount_type == DiscountType.PERCENTAGE else RewardType.FIXED
    return Reward(kind, value=offer.discount_value, minimum_purchase=least, maximum_discount=most)


def coupon_end(offer: Offer, at: datetime) -> datetime | None:
    """When a coupon that is claimed now ends: after the offer's days, else with the offer."""
    if offer.coupon_validity_days is not None:
        return at + timedelta(days=offer.coupon_validity_days)
    return offer.valid_until


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which card is to pay: one by its id, or any of these programmes (none: of every one)."""

    card_id: int | None
    programmes: list[int]


def _programmes(partner: Partner, offer_id: int) -> list[int]:
    return list(Offer.objects.filter(partner=partner, pk=offer_id).values_list("card_ids", flat=True).first() or ())


def _card_of(actor: Actor, partner: Partner, customer: Customer, wanted: _Wanted, at: datetime) -> IssuedCard:
    """The card that pays and gets the coupon: the one named, else the working one that holds most; made if need be."""
    cards = IssuedCard.objects.select_related("card", "customer").filter(partner=partner, customer=customer)
    if wanted.card_id is not None:
        card = cards.filter(pk=wanted.card_id).first()
        if card is None:
            raise ResourceNotFound(errors={"card_id": [_("There is no such card.")]})
        if card.status != IssuedCardStatus.ACTIVE:
            raise CardBlocked
        return card
    working = list(cards.filter(status=IssuedCardStatus.ACTIVE).order_by("pk"))
    # Where no card fits, the offer says so itself.
    working = [card for card in working if card.card_id in wanted.programmes] or working
    if working:
        points = dict(PointsBalance.objects.filter(pk__in=[card.pk for card in working]).values_list("pk", "balance"))
        return max(working, key=lambda card: (points.get(card.pk, 0), -card.pk))
    if cards.exists():
        raise CardBlocked
    made = issue_default_card(actor=actor, partner=partner, customer=customer, at=at)
    if made is None:
        raise ResourceNotFound(errors={"card_id": [_("This customer holds no card.")]})
    return made


def _repeated(earlier: QuerySet[Coupon], at: datetime) -> Coupon | None:
    return earlier.filter(status=CouponStatus.ACTIVE, issued_at__gt=at - RETRY).order_by("-pk").first()


def _check(offer: Offer, at: datetime) -> None:
    if offer.is_automatic:
        raise OfferNotAvailable(reason=_("it applies by itself to every sale."))
    state = status_of(
        is_active=offer.is_active,
        valid_from=offer.valid_from,
        valid_until=offer.valid_until,
        usage_limit=offer.usage_limit,
        usage_count=offer.usage_count,
        at=at,
    )
    match state:
        case "expired":
            raise OfferExpired
        case "inactive":
            raise OfferNotAvailable(reason=_("it is switched off."))
        case "scheduled":
            raise OfferNotAvailable(reason=_("it has not begun yet."))
        case "used_up":
            raise OfferUsedUp


def _check_level(partner: Partner, customer: Customer, offer: Offer) -> None:
    """The customer's level follows from what all their cards ever earned."""
    least = partner.levels.get(offer.minimum_level) if offer.minimum_level else None
    if least is None:
        return
    ever = PointsBalance.objects.filter(customer=customer).aggregate(points=Sum("earned"))["points"] or 0
    if ever < least:
        raise TierRequirementNotMet(level=offer.minimum_level)


def _count(offer: Offer) -> None:
    """One claim more, if there is room: of many at once as many succeed as are left."""
    room = Q(usage_limit=None) | Q(usage_count__lt=F("usage_limit"))
    if not Offer.objects.filter(room, pk=offer.pk, deleted_at=None).update(usage_count=F("usage_count") + 1):
        raise OfferUsedUp
