"""`/{locale}/shop/loyalty-cards*`: card programmes, and issued cards with what they hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from cards.models import Card, IssuedCard
from cards.selectors.cards import cards_of, get_card, list_cards, valid_in_shop
from customers.api.base import ShopViewSet, TillViewSet
from ledger.api.shop.card_serializers import (
    BalanceSerializer,
    IssuedCardSerializer,
    ProgrammeSerializer,
    balance_answer,
    issued_card_answer,
)
from ledger.api.shop.sale_form import read_card
from ledger.selectors.issued_cards import CardView, get_card_view, list_issued_cards, with_points
from ledger.selectors.own_holdings import get_own_card, list_own_cards
from ledger.selectors.sale import CustomerReference
from loyalty.api.base import PAGE_PARAMETERS, Capability
from loyalty.api.envelope import ok
from loyalty.api.filters import BooleanFilter, ChoiceFilter, HouseFilterSet, IdFilter, TextFilter
from loyalty.api.forms import Reader
from loyalty.api.pagination import Page
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.errors import ScopeInsufficient
from partners.models import Partner
from partners.selectors.shops import check_shops

IDENTIFIERS = frozenset({"card_id", "loyalty_card_id", "card_number", "qr_code", "user_id", "user_email"})
DESCRIBED = [
    OpenApiParameter("card_id", int, description="Id of the issued card (also as loyalty_card_id)."),
    OpenApiParameter("card_number", str, description="XXX-XXX-XXX, or the UUID of the QR code."),
    OpenApiParameter("user_id", int),
    OpenApiParameter("user_email", str),
]
EITHER = PolymorphicProxySerializer(
    component_name="ProgrammeOrIssuedCard",
    serializers=[ProgrammeSerializer, IssuedCardSerializer],
    resource_type_field_name=None,
)
EXAMPLE: dict[str, Any] = {
    "id": 1042,
    "loyalty_card_id": 1042,
    "card_number": "900-001-042",
    "points": 515,
    "points_balance": 515,
    "status": "active",
    "user": {"id": 1007, "name": "Ona Kazlauskienė", "email": "ona@example.lt", "phone": "+37060000001"},
}


class ProgrammeFilters(HouseFilterSet):
    """Filters of the programme list."""

    is_active = BooleanFilter(method="active", help_text="Default true.")
    shop_id = IdFilter(method="in_shop", help_text="Valid at this shop.")
    card_type = ChoiceFilter(choices=[("loyalty", ""), ("third_party", "")], method="of_type")
    search = TextFilter(method="titled", help_text="In the titles.")

    def active(self, rows: Any, _name: str, value: bool) -> Any:
        return rows.filter(is_active=value)

    def in_shop(self, rows: Any, _name: str, shop_id: int) -> Any:
        check_shops(partner=self.context["partner"], shop_ids=[shop_id], reach=self.context["reach"])
        return valid_in_shop(rows, shop_id)

    def of_type(self, rows: Any, _name: str, value: str) -> Any:
        return rows.none() if value == "third_party" else rows

    def titled(self, rows: Any, _name: str, value: str) -> Any:
        return rows.filter(title__en__icontains=value) | rows.filter(title__lt__icontains=value)


class LoyaltyCardViewSet(ShopViewSet):
    """A till's: programmes by default, issued cards where a card number or a customer is named (contract 16.13).

    A person's: their own cards.
    """

    capabilities: ClassVar[Mapping[str, Capability]] = {
        "list": ("till.read", "customer.self"),
        "retrieve": ("till.read", "customer.self"),
    }
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "list": PAGE_PARAMETERS | ProgrammeFilters.names() | IDENTIFIERS,
    }

    @document(
        "List card programmes or issued cards",
        description="With `card_number`, `user_id` or `user_email` the rows are issued cards. With a customer's token "
        "they are the customer's own cards, of every partner, the newest first.",
        answer=EITHER,
        many=True,
        paginated=True,
        parameters=[*DESCRIBED, *ProgrammeFilters.described()],
        raises=(ScopeInsufficient, ValidationFailed, ResourceNotFound),
        example=[EXAMPLE],
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        if self.person is not None:
            return _issued(list_own_cards(person=self.person, partner=self.partner), page, self.now)
        assert self.partner is not None
        if IDENTIFIERS & {name for name, value in request.query_params.items() if value}:
            return _issued(list_issued_cards(partner=self.partner, who=read_who(request)), page, self.now)
        rows = cards_of(self.partner)
        if not request.query_params.get("is_active"):
            rows = rows.filter(is_active=True)
        filtered = ProgrammeFilters(request.query_params, rows, partner=self.partner, reach=self.shop_ids).narrowed
        cards, total = list_cards(partner=self.partner, filtered=filtered, page=page)
        return ok(_programmes(cards, self.partner, many=True), meta=page.meta(total))

    @document(
        "Get a card programme or issued card",
        description="The two kinds share one row of ids, so an id means exactly one of them. With a customer's token: "
        "one of the customer's own cards.",
        answer=EITHER,
        raises=(ScopeInsufficient, ResourceNotFound),
        example=EXAMPLE,
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        if self.person is not None:
            own = get_own_card(person=self.person, partner=self.partner, card_id=pk, at=self.now)
            return ok(issued_card_answer(own))
        assert self.partner is not None
        try:
            card = get_card(partner=self.partner, card_id=pk)
        except ResourceNotFound:
            who = CustomerReference(issued_card_id=pk)
            return ok(issued_card_answer(get_card_view(partner=self.partner, who=who, at=self.now)))
        return ok(_programmes(card, self.partner, many=False))


class IssuedCardViewSet(TillViewSet):
    """One issued card, named in any way that a till knows."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"info": "till.read", "balance": "till.read"}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"info": IDENTIFIERS, "balance": IDENTIFIERS}

    @document(
        "Get issued card info",
        answer=IssuedCardSerializer,
        parameters=DESCRIBED,
        raises=(ScopeInsufficient, ValidationFailed, ResourceNotFound, CardBlocked),
        example=EXAMPLE,
    )
    def info(self, request: Request, locale: str) -> Response:
        return ok(issued_card_answer(self._view(request)))

    @document(
        "Get points balance",
        answer=BalanceSerializer,
        parameters=DESCRIBED,
        raises=(ScopeInsufficient, ValidationFailed, ResourceNotFound, CardBlocked),
        example={"card_id": 1042, "card_number": "900-001-042", "points": 515, "current_points": 515},
    )
    def balance(self, request: Request, locale: str) -> Response:
        return ok(balance_answer(self._view(request)))

    def _view(self, request: Request) -> CardView:
        return get_card_view(partner=self.partner, who=read_who(request), at=self.now)


def _issued(found: QuerySet[IssuedCard], page: Page, at: datetime) -> Response:
    views = with_points(list(found[page.offset : page.offset + page.size]), at=at)
    return ok([issued_card_answer(view) for view in views], meta=page.meta(found.count()))


def _programmes(cards: Sequence[Card] | Card, partner: Partner, *, many: bool) -> Any:
    return ProgrammeSerializer(cards, many=many, context={"partner": partner}).data


def read_who(request: Request) -> CustomerReference:
    """Whose card is meant. Raises ValidationFailed where nobody is named."""
    reader = Reader({name: value for name, value in request.query_params.items() if value})
    who = CustomerReference(
        customer_id=reader.identifier("user_id"),
        email=reader.email("user_email"),
        issued_card_id=reader.identifier("card_id", "loyalty_card_id"),
        card=read_card(reader),
    )
    reader.finish()
    if who.is_anonymous:
        raise ValidationFailed(errors={"card_id": [_("Give card_id, card_number, user_id or user_email.")]})
    return who
