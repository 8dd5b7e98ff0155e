"""`/{locale}/shop/issued-cards/{id}/…`: a card for a phone's wallet and for the printer."""

from collections.abc import Mapping
from typing import ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import WalletNotConfigured
from cards.rules.wallet import printable_card
from cards.services.wallet_passes import make_apple_pass, make_google_link
from customers.api.base import ShopViewSet
from ledger.selectors.issued_cards import CardView, get_card_view
from ledger.selectors.own_holdings import get_own_card
from ledger.selectors.sale import CustomerReference
from ledger.selectors.wallet import design_picture, origin, wallet_facts
from loyalty.api.base import Capability
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound
from partners.errors import ScopeInsufficient

PKPASS, SVG = "application/vnd.apple.pkpass", "image/svg+xml"
EITHER: Capability = ("till.read", "customer.self")


class GoogleLinkSerializer(serializers.Serializer):
    url = serializers.CharField(help_text="Opens Google Wallet with the card ready to be saved.")


class WalletViewSet(ShopViewSet):
    """A till's: any card of its partner. A person's: their own."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"apple": EITHER, "google": EITHER, "printed": EITHER}

    @document(
        "Get a card for Apple Wallet",
        description="A signed pass with brand, points and QR code, in English and Lithuanian.",
        media=PKPASS,
        raises=(ScopeInsufficient, ResourceNotFound, WalletNotConfigured),
    )
    def apple(self, request: Request, locale: str, pk: int) -> HttpResponse:
        view = self._card(pk)
        content = make_apple_pass(
            facts=wallet_facts(view), logo=design_picture(view, "logo"), strip=design_picture(view, "background_image")
        )
        return _file(content, PKPASS, f'attachment; filename="{view.issued.number}.pkpass"')

    @document(
        "Get a link for Google Wallet",
        answer=GoogleLinkSerializer,
        raises=(ScopeInsufficient, ResourceNotFound, WalletNotConfigured),
        example={"url": "https://pay.google.com/gp/v/save/eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.…"},
    )
    def google(self, request: Request, locale: str, pk: int) -> Response:
        facts = wallet_facts(self._card(pk))
        return ok({"url": make_google_link(facts=facts, origin=origin(), at=self.now)})

    @document(
        "Get a card to print",
        description="As SVG, in the size of a bank card.",
        media=SVG,
        raises=(ScopeInsufficient, ResourceNotFound),
    )
    def printed(self, request: Request, locale: str, pk: int) -> HttpResponse:
        view = self._card(pk)
        content = printable_card(wallet_facts(view), language=locale)
        return _file(content, SVG, f'inline; filename="{view.issued.number}.svg"')

    def _card(self, card_id: int) -> CardView:
        if self.person is not None:
            return get_own_card(person=self.person, partner=self.partner, card_id=card_id, at=self.now)
        assert self.partner is not None
        who = CustomerReference(issued_card_id=card_id)
        return get_card_view(partner=self.partner, who=who, at=self.now)


def _file(content: bytes, kind: str, disposition: str) -> HttpResponse:
    headers = {
        "Content-Disposition": disposition,
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    }
    return HttpResponse(content, content_type=kind, headers=headers)
