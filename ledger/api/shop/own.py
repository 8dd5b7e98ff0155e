"""`/{locale}/loyalty-cards…`: the customer's own cards, as apps and widgets on web pages read them (contract 15)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import ShopViewSet
from ledger.api.shop.card_serializers import BalanceSerializer, IssuedCardSerializer, balance_answer, issued_card_answer
from ledger.selectors.issued_cards import CardView
from ledger.selectors.own_holdings import get_main_card, get_own_card
from loyalty.api.base import Capability
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound

EXAMPLE = {"id": 1042, "card_number": "900-001-042", "points": 515, "status": "active"}


class OwnBalanceSerializer(BalanceSerializer):
    """Points of one card, with the names that apps read besides."""

    balance = serializers.IntegerField()
    earned = serializers.IntegerField()
    spent = serializers.IntegerField()
    expired = serializers.IntegerField()
    next_expiry_date = serializers.DateTimeField(allow_null=True)


def own_balance_answer(view: CardView) -> dict[str, Any]:
    """The body of OwnBalanceSerializer."""
    points = view.points
    return balance_answer(view) | {
        "balance": points.points,
        "earned": points.earned,
        "spent": points.redeemed,
        "expired": points.expired,
        "next_expiry_date": points.next_expiry_at,
    }


class OwnCardViewSet(ShopViewSet):
    """A person's own cards; a token bound to a partner reaches that partner's only."""

    capabilities: ClassVar[Mapping[str, Capability]] = {
        "main": "customer.self",
        "retrieve": "customer.self",
        "balance": "customer.self",
    }

    @document(
        "Get my card",
        description="The card that was used last, or else the newest one.",
        answer=IssuedCardSerializer,
        raises=(ResourceNotFound,),
        example=EXAMPLE,
    )
    def main(self, request: Request, locale: str) -> Response:
        assert self.person is not None
        return ok(issued_card_answer(get_main_card(person=self.person, partner=self.partner, at=self.now)))

    @document("Get one of my cards", answer=IssuedCardSerializer, raises=(ResourceNotFound,), example=EXAMPLE)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return ok(issued_card_answer(self._own(pk)))

    @document(
        "Get the points of one of my cards",
        answer=OwnBalanceSerializer,
        raises=(ResourceNotFound,),
        example={"card_id": 1042, "card_number": "900-001-042", "balance": 515, "earned": 900, "spent": 385},
    )
    def balance(self, request: Request, locale: str, pk: int) -> Response:
        return ok(own_balance_answer(self._own(pk)))

    def _own(self, card_id: int) -> CardView:
        assert self.person is not None
        return get_own_card(person=self.person, partner=self.partner, card_id=card_id, at=self.now)
