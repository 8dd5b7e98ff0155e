"""Offers: `/{locale}/partners/offers`."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import MalformedRequest, ResourceNotFound, UnknownParameter, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.api.partner import catalog_examples as examples
from partners.api.partner.catalog_filters import OfferFilters
from partners.api.partner.catalog_serializers import OfferSerializer
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied
from partners.models import Offer
from partners.selectors.offers import get_offer, list_offers, offers_of
from partners.services.offers import create_offer, delete_offer, update_offer

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)
WRITE = (*REFUSED, StoreAccessDenied, ResourceNotFound, ValidationFailed, MalformedRequest)


class OfferViewSet(PartnerViewSet):
    """What a partner offers for a time. Who is limited to shops sees all offers and changes those of their shops."""

    capabilities = {
        "list": "offers.view",
        "retrieve": "offers.view",
        "create": "offers.edit",
        "update": "offers.edit",
        "destroy": "offers.edit",
    }
    parameters = {"list": PAGE_PARAMETERS | OfferFilters.names()}
    page_default = 20
    page_cap = 100

    @document(
        "List offers",
        answer=OfferSerializer,
        many=True,
        paginated=True,
        parameters=OfferFilters.described(),
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound, ValidationFailed, UnknownParameter),
        example=[examples.OFFER],
        description="Newest first.",
        operation_id="partners_offers_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        context = {"partner": self.partner, "reach": self.shop_ids, "at": self.now}
        filters = OfferFilters(request.query_params, offers_of(self.partner), **context)
        page = self.page()
        rows, total = list_offers(partner=self.partner, filtered=filters.narrowed, page=page)
        return envelope.ok(self._shown(rows, many=True), meta=page.meta(total))

    @document(
        "Create an offer",
        answer=OfferSerializer,
        body=OfferSerializer,
        code=201,
        raises=WRITE,
        example=examples.OFFER,
        body_example=examples.OFFER_BODY,
        description="Points multipliers and cashback apply by themselves to every sale they fit; discounts and free"
        " goods are claimed and become a coupon.",
    )
    def create(self, request: Request, locale: str) -> Response:
        data = self.validated(OfferSerializer)
        offer = create_offer(actor=self.actor, partner=self.partner, data=data, reach=self.shop_ids, at=self.now)
        return envelope.created(self._shown(offer))

    @document("Get an offer", answer=OfferSerializer, raises=(*REFUSED, ResourceNotFound), example=examples.OFFER)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return envelope.ok(self._shown(get_offer(partner=self.partner, offer_id=pk)))

    @document(
        "Change an offer",
        answer=OfferSerializer,
        body=OfferSerializer,
        raises=WRITE,
        example=examples.OFFER,
        body_example={"valid_until": "2027-01-15", "usage_limit": None},
        description="Every field is optional; what is not named stays. Coupons that were claimed do not change.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        offer = update_offer(
            actor=self.actor,
            partner=self.partner,
            offer_id=pk,
            data=self.validated(OfferSerializer, partial=True),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.ok(self._shown(offer))

    @document(
        "Delete an offer",
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound),
        description="Nobody sees it any more and no sale gets it; coupons that were claimed stay valid.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        delete_offer(actor=self.actor, partner=self.partner, offer_id=pk, reach=self.shop_ids, at=self.now)
        return envelope.acknowledged(_("The offer was deleted. Coupons that were claimed stay valid."))

    def _shown(self, rows: Offer | Sequence[Offer], *, many: bool = False) -> Any:
        return OfferSerializer(rows, many=many, context={"at": self.now}).data
