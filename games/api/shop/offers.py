"""`/{locale}/shop/offers*`: read by tills and customers, written by the partner's systems, claimed for points.

They are served here, not by `partners`, because a customer's rows carry their claims.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from customers.api.base import ShopViewSet
from customers.models import Customer
from customers.selectors.persons import list_customers_of_person
from games.api.shop.offer_examples import CLAIMED, EXAMPLE
from games.api.shop.offer_filters import ShopOfferFilters
from games.api.shop.offer_serializers import (
    ClaimBodySerializer,
    ClaimSerializer,
    OfferBodySerializer,
    ShopOfferSerializer,
    Showing,
    offer_answer,
)
from games.selectors.offers import count_claims, get_offer_of_person, get_offer_to_claim, offers_of_person
from games.services.offer_claims import Claim, claim_offer
from ledger.errors import InsufficientPoints
from ledger.selectors.issued_cards import list_issued_cards
from ledger.selectors.sale import CustomerReference
from loyalty.api.base import PAGE_PARAMETERS, Capability
from loyalty.api.envelope import acknowledged, created, ok
from loyalty.api.forms import Reader
from loyalty.api.schema import document
from loyalty.errors import InsufficientPermissions, LoyaltyError, ResourceNotFound, ValidationFailed
from partners.api.partner.catalog_serializers import OfferSerializer
from partners.errors import (
    OfferAlreadyClaimed,
    OfferExpired,
    OfferNotAvailable,
    OfferUsedUp,
    PartnerNotFound,
    ScopeInsufficient,
    StoreAccessDenied,
    TierRequirementNotMet,
)
from partners.models import Offer, Partner
from partners.rules.offer_words import canonical
from partners.selectors.catalog import categories_of
from partners.selectors.offers import get_offer, list_offers, offers_of, with_links
from partners.services.offers import create_offer, delete_offer, update_offer

REFUSED = (ScopeInsufficient, InsufficientPermissions, ResourceNotFound)
WRITE = (*REFUSED, StoreAccessDenied, ValidationFailed)
CLAIM = (
    *(*REFUSED, ValidationFailed, InsufficientPoints, OfferAlreadyClaimed, OfferExpired, OfferNotAvailable),
    *(OfferUsedUp, TierRequirementNotMet, CardBlocked),
)


class ShopOfferViewSet(ShopViewSet):
    """A till sees all offers of its partner; a customer sees the running ones of the partners they buy from."""

    capabilities: ClassVar[Mapping[str, Capability]] = {
        "list": ("till.read", "customer.self"),
        "retrieve": ("till.read", "customer.self"),
        "create": "offers.edit",
        "update": "offers.edit",
        "destroy": "offers.edit",
        "claim": ("till.sell", "customer.self"),
    }
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"list": PAGE_PARAMETERS | ShopOfferFilters.names()}

    @document(
        "List offers of the partner, or one's own",
        answer=ShopOfferSerializer,
        many=True,
        paginated=True,
        parameters=ShopOfferFilters.described(),
        raises=(*REFUSED, PartnerNotFound, StoreAccessDenied, ValidationFailed),
        description="Newest first. With a customer token: the running offers of the partners whose customer one is.",
        example=[EXAMPLE],
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        filters = ShopOfferFilters(request.query_params, self._visible(), **self._filter_context())
        if self.person is None:
            rows, total = list_offers(partner=self._partner, filtered=filters.narrowed, page=page)
        else:
            mine = filters.narrowed
            shown = with_links(mine).select_related("partner", "product").order_by("-pk")
            rows, total = list(shown[page.offset : page.offset + page.size]), mine.count()
        return ok(self._answers(rows, locale), meta=page.meta(total))

    @document("Get an offer of the shop", answer=ShopOfferSerializer, raises=REFUSED, example=EXAMPLE)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        if self.person is None:
            offer = get_offer(partner=self._partner, offer_id=pk)
        else:
            offer = get_offer_of_person(person=self.person, partner=self.partner, offer_id=pk, at=self.now)
        return ok(self._answers([offer], locale)[0])

    @document(
        "Create an offer of the shop",
        answer=ShopOfferSerializer,
        body=OfferBodySerializer,
        code=201,
        raises=WRITE,
        example=EXAMPLE,
        body_example={
            "title": "Trečdaliu pigiau",
            "description": "Visi tortai",
            "discount_type": "percentage",
            "discount_value": 33,
            "start_date": "2026-12-01",
            "end_date": "2026-12-31",
        },
        description="Fields have many names; any of them is understood. Unknown ones are ignored.",
    )
    def create(self, request: Request, locale: str) -> Response:
        with self._body(partial=False) as data:
            offer = create_offer(actor=self.actor, partner=self._partner, data=data, reach=self.shop_ids, at=self.now)
        return created(self._answers([offer], locale)[0])

    @document(
        "Change an offer of the shop",
        answer=ShopOfferSerializer,
        body=OfferBodySerializer,
        raises=WRITE,
        example=EXAMPLE,
        body_example={"end_date": "2027-01-15"},
        description="Every field is optional; null counts as absent.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        get_offer(partner=self._partner, offer_id=pk)
        with self._body(partial=True) as data:
            offer = update_offer(
                actor=self.actor, partner=self._partner, offer_id=pk, data=data, reach=self.shop_ids, at=self.now
            )
        return ok(self._answers([offer], locale)[0])

    @document(
        "Delete an offer of the shop",
        raises=(*REFUSED, StoreAccessDenied),
        description="Nobody sees it any more; coupons that were claimed stay valid.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        delete_offer(actor=self.actor, partner=self._partner, offer_id=pk, reach=self.shop_ids, at=self.now)
        return acknowledged(_("The offer was deleted. Coupons that were claimed stay valid."))

    @document(
        "Claim an offer",
        answer=ClaimSerializer,
        body=ClaimBodySerializer,
        code=201,
        raises=CLAIM,
        body_example={"user_id": 17},
        example=CLAIMED,
        description="Its points are taken and a coupon is given. A till names the customer by `user_id` or `card_id`."
        " Without an Idempotency-Key a second call within 3.5 s is answered like the first.",
    )
    def claim(self, request: Request, locale: str, pk: int) -> Response:
        reader = Reader(dict(request.data))
        user_id, card_id = reader.identifier("user_id"), reader.identifier("card_id", "loyalty_card_id")
        reader.finish()
        if self.person is not None:
            offer = get_offer_to_claim(person=self.person, partner=self.partner, offer_id=pk, at=self.now)
            partner = offer.partner
            customer = list_customers_of_person(person=self.person, partner=partner).get()
            if user_id not in {None, customer.pk}:
                raise ResourceNotFound(errors={"user_id": [_("There is no such customer.")]})
        else:
            partner, customer = self._partner, self._named_customer(user_id, card_id)
        claim = claim_offer(
            actor=self.actor,
            partner=partner,
            offer_id=pk,
            customer=customer,
            issued_card_id=card_id,
            at=self.now,
            is_keyless="Idempotency-Key" not in request.headers,
        )
        answer = created(claim_answer(claim))
        if claim.is_replay:
            answer.headers["Idempotency-Replayed"] = "true"
        return answer

    @property
    def _partner(self) -> Partner:
        assert self.partner is not None  # credentials always name one
        return self.partner

    def _visible(self) -> Any:
        if self.person is not None:
            return offers_of_person(person=self.person, partner=self.partner, at=self.now)
        return offers_of(self._partner)

    def _filter_context(self) -> dict[str, Any]:
        partners = Partner.objects.all()
        if self.person is not None:
            mine = list_customers_of_person(person=self.person, partner=self.partner)
            partners = partners.filter(pk__in=mine.values("partner_id"))
        else:
            partners = partners.filter(pk=self._partner.pk)
        return {"partner": self.partner, "partners": partners, "reach": self.shop_ids, "at": self.now}

    def _answers(self, offers: Sequence[Offer], locale: str) -> Any:
        claims = None if self.person is None else count_claims(person=self.person, offers=offers)
        showing = Showing(locale, self.now, claims)
        return [offer_answer(offer, self.partner or offer.partner, showing) for offer in offers]

    @contextmanager
    def _body(self, *, partial: bool) -> Iterator[dict[str, Any]]:
        """The body in our own names; complaints name the fields as they were sent."""
        if not isinstance(self.request.data, dict):
            raise ValidationFailed
        found, sent = canonical(self.request.data, self._partner.default_language)
        if "category_ids" in found:
            found["category_ids"] = self._category_ids(found["category_ids"])
        form = OfferSerializer(data=found, partial=partial, context={"view": self})
        try:
            if not form.is_valid():
                raise ValidationFailed(errors={name: _flat(texts) for name, texts in form.errors.items()})
            yield dict(form.validated_data)
        except LoyaltyError as refusal:
            refusal.errors = {sent.get(name, name): texts for name, texts in refusal.errors.items()}
            raise

    def _category_ids(self, given: Any) -> Any:
        """Categories may be named by slug or key too."""
        if not any(isinstance(one, str) and not one.isdigit() for one in given):
            return given
        known: dict[str, int] = {}
        for pk, key, slug in categories_of(self._partner).values_list("pk", "key", "slug"):
            known |= {key: pk, slug: pk}
        missing = [one for one in given if isinstance(one, str) and one.strip().casefold() not in known]
        if missing:
            raise ResourceNotFound(errors={"category": [_("There is no such category.")]})
        return [known[one.strip().casefold()] if isinstance(one, str) else one for one in given]

    def _named_customer(self, user_id: int | None, card_id: int | None) -> Customer:
        if user_id is None and card_id is None:
            raise ValidationFailed(errors={"user_id": [_("Give user_id or card_id.")]})
        if card_id is not None:
            who = CustomerReference(customer_id=user_id, issued_card_id=card_id)
            card = list_issued_cards(partner=self._partner, who=who).first()
            if card is None:
                raise ResourceNotFound(errors={"card_id": [_("There is no such card.")]})
            return card.customer
        customer = Customer.objects.filter(partner=self._partner, pk=user_id or 0).first()
        if customer is None:
            raise ResourceNotFound(errors={"user_id": [_("There is no such customer.")]})
        return customer


def claim_answer(claim: Claim) -> dict[str, Any]:
    """The body of ClaimSerializer."""
    coupon, offer = claim.coupon, claim.offer
    return {
        "coupon_id": coupon.pk,
        "coupon_code": coupon.code,
        "offer_id": offer.pk,
        "offer_title": offer.title,
        "discount_type": offer.discount_type or offer.kind,
        "discount_value": offer.discount_value,
        "qr_code": str(coupon.qr_value),
        "expires_at": coupon.expires_at,
        "points_deducted": coupon.points_spent,
        "points_balance": claim.points_balance,
        "card_id": coupon.issued_card_id,
        "created_at": coupon.issued_at,
    }


def _flat(texts: Any) -> list[str]:
    """One list of texts, also where a field has parts."""
    if isinstance(texts, Mapping):
        return [f"{name}: {text}" for name, part in texts.items() for text in _flat(part)]
    return [str(text) for text in texts]
