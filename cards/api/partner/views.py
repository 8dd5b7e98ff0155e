"""Card programmes: `/{locale}/partners/cards`."""

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from cards.api.partner import examples
from cards.api.partner.filters import CardFilters
from cards.api.partner.serializers import CardSerializer
from cards.selectors.cards import cards_of, get_card, list_cards
from cards.services.cards import create_card, delete_card, update_card
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import MalformedRequest, ResourceNotFound, UnknownParameter, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)
WRITE = (*REFUSED, StoreAccessDenied, ResourceNotFound, ValidationFailed, MalformedRequest)


class CardViewSet(PartnerViewSet):
    """The programmes that a partner designs; customers hold issued cards of them."""

    capabilities = {
        "list": "cards.view",
        "retrieve": "cards.view",
        "create": "cards.edit",
        "update": "cards.edit",
        "destroy": "cards.edit",
    }
    parameters = {"list": PAGE_PARAMETERS | CardFilters.names()}
    page_default = 20
    page_cap = 100

    @document(
        "List card programmes",
        answer=CardSerializer,
        many=True,
        paginated=True,
        parameters=CardFilters.described(),
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound, ValidationFailed, UnknownParameter),
        example=[examples.CARD],
        description="Newest first. The page's figures stand in `meta` and, for older clients, in `pagination`.",
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = CardFilters(request.query_params, cards_of(self.partner), partner=self.partner, reach=self.shop_ids)
        page = self.page()
        rows, total = list_cards(partner=self.partner, filtered=filters.narrowed, page=page)
        meta = page.meta(total)
        answer = envelope.body(CardSerializer(rows, many=True).data, meta=meta)
        return Response({**answer, "pagination": meta})

    @document(
        "Create a card programme",
        answer=CardSerializer,
        body=CardSerializer,
        code=201,
        raises=WRITE,
        example=examples.CARD,
        body_example=examples.BODY,
        description="Who is limited to shops must name some of them: a card without shops is valid everywhere.",
    )
    def create(self, request: Request, locale: str) -> Response:
        card = create_card(
            actor=self.actor,
            partner=self.partner,
            data=self.validated(CardSerializer),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.created(CardSerializer(card).data)

    @document("Get a card programme", answer=CardSerializer, raises=(*REFUSED, ResourceNotFound), example=examples.CARD)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return envelope.ok(CardSerializer(get_card(partner=self.partner, card_id=pk)).data)

    @document(
        "Change a card programme",
        answer=CardSerializer,
        body=CardSerializer,
        raises=WRITE,
        example=examples.CARD,
        body_example={"points_per_currency": 2, "default_coupon_validity_days": None},
        description="Every field is optional; what is not named stays. Points already awarded do not change.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        card = update_card(
            actor=self.actor,
            partner=self.partner,
            card_id=pk,
            data=self.validated(CardSerializer, partial=True),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.ok(CardSerializer(card).data)

    @document(
        "Delete a card programme",
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound),
        description="It is not issued any more and earns nothing; customers keep their issued cards and points.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        delete_card(actor=self.actor, partner=self.partner, card_id=pk, reach=self.shop_ids, at=self.now)
        return envelope.acknowledged(_("The card programme was deleted. Customers keep their points."))
