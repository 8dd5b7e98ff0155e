"""Showing a card to a till by QR code (contract 5.3): the till's side with credentials, the app's with a token."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cards.choices import QrCardStatus
from cards.errors import CardNotIssued, QrCardUsed
from cards.rules.qr_links import LONGEST, read_link
from cards.selectors.qr_cards import get_qr_card
from cards.services.qr_cards import open_qr_card
from customers.api.base import PictureForm, QrTillViewSet, ShopViewSet
from customers.errors import AuthForbidden, QrSessionNotFound, UserBlocked
from ledger.api.shop.card_serializers import CardPartnerSerializer, CardUserSerializer, RedemptionSerializer
from ledger.selectors.qr_cards import identified_card
from ledger.services.qr_cards import scan_qr_card
from loyalty.api.base import Capability
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from loyalty.errors import InsufficientPermissions, ResourceExpired, ResourceNotFound, ValidationFailed
from partners.errors import PartnerNotActive, ScopeInsufficient, StoreAccessDenied

SESSION = "4f6d2c1e-8a7b-4c3d-9e0f-1a2b3c4d5e6f"
PAIRING = "9b7c1c7e-55aa-4d0e-8a53-6d1f1c0c2f11"
LINK = f"loyaltylt://qr-card?code={PAIRING.replace('-', '')}&session={PAIRING}"


class QrCardOpenedSerializer(serializers.Serializer):
    session_id = serializers.UUIDField(help_text="The till's secret: for the status and for the realtime channel.")
    qr_code = serializers.CharField(help_text="What the picture is to say, as `GET /qr?data=` draws it.")
    channel = serializers.CharField(help_text="The realtime channel.")
    partner_id = serializers.IntegerField()
    partner_name = serializers.CharField()
    shop_id = serializers.IntegerField(allow_null=True)
    status = serializers.CharField()
    expires_at = serializers.DateTimeField()


class EarningRulesSerializer(serializers.Serializer):
    points_enabled = serializers.BooleanField()
    points_per_currency = serializers.DecimalField(12, 4)
    currency_amount = serializers.DecimalField(12, 2)
    round_points_up = serializers.BooleanField()
    min_points_per_purchase = serializers.IntegerField()
    max_points_per_purchase = serializers.IntegerField(allow_null=True)
    points_per_visit = serializers.IntegerField()
    points_redemption_enabled = serializers.BooleanField()


class CardDataSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="The issued card.")
    loyalty_card_id = serializers.IntegerField(help_text="The same as id.")
    partner_card_id = serializers.IntegerField(help_text="The card programme.")
    card_number = serializers.CharField()
    card_name = serializers.JSONField()
    points = serializers.IntegerField()
    points_balance = serializers.IntegerField()
    points_debt = serializers.IntegerField()
    status = serializers.CharField()
    user_id = serializers.IntegerField()
    user = CardUserSerializer()
    partner = CardPartnerSerializer()
    redemption = RedemptionSerializer()
    points_rules = EarningRulesSerializer()
    scanned_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class QrCardStatusSerializer(serializers.Serializer):
    session_id = serializers.UUIDField()
    status = serializers.ChoiceField(QrCardStatus.choices)
    expires_at = serializers.DateTimeField()
    card_data = CardDataSerializer(required=False, help_text="With `completed`.")


class QrCardScanForm(serializers.Serializer):
    qr_code = serializers.CharField(max_length=LONGEST, help_text="The whole link that the picture says.")


class QrPlaceSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ShownCardSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    card_number = serializers.CharField()
    points = serializers.IntegerField()


class QrCardScannedSerializer(serializers.Serializer):
    session_id = serializers.UUIDField(help_text="The pairing id of the picture, not the till's secret.")
    status = serializers.CharField()
    device_name = serializers.CharField()
    partner = CardPartnerSerializer()
    shop = QrPlaceSerializer(allow_null=True)
    card = ShownCardSerializer()
    scanned_at = serializers.DateTimeField()


SHOWN_CARD = {
    "id": 1042,
    "loyalty_card_id": 1042,
    "card_number": "900-001-042",
    "points": 515,
    "points_balance": 515,
    "status": "active",
    "user": {"id": 1007, "name": "Ona Petraitė", "email": "ona@example.com", "phone": "+37060000001"},
    "partner": {"id": 7, "name": "Kavos namai", "logo": None},
}


class QrCardViewSet(QrTillViewSet):
    """The till: a picture, and whose card came of it."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"generate": "till.sell", "status": "till.sell"}

    @document(
        "Show a QR code to be shown a card",
        description="The app of a customer scans it within five minutes; nothing is to be confirmed. Poll, or listen "
        "on the realtime channel `qr-card.{session_id}` for `card_identified`.",
        body=PictureForm,
        answer=QrCardOpenedSerializer,
        raises=(AuthForbidden, ScopeInsufficient, ValidationFailed, ResourceNotFound, StoreAccessDenied),
        example={
            "session_id": SESSION,
            "qr_code": LINK,
            "channel": f"qr-card.{SESSION}",
            "partner_id": 7,
            "partner_name": "Kavos namai",
            "shop_id": 3,
            "status": "pending",
            "expires_at": "2026-11-23T18:35:00Z",
        },
        body_example={"device_name": "POS Terminal", "shop_id": 3},
    )
    def generate(self, request: Request, locale: str) -> Response:
        session = open_qr_card(**self.asked(), at=self.now)
        names = ("session_id", "qr_code", "partner_id", "shop_id", "status", "expires_at")
        shown = {name: getattr(session, name) for name in names}
        shown |= {"partner_name": self.partner.name, "channel": f"qr-card.{session.session_id}"}
        return ok(QrCardOpenedSerializer(shown).data)

    @document(
        "Ask whose card was shown",
        description="`expired` is answered for an hour, then QR_SESSION_NOT_FOUND.",
        answer=QrCardStatusSerializer,
        raises=(AuthForbidden, ScopeInsufficient, QrSessionNotFound),
        example={
            "session_id": SESSION,
            "status": "completed",
            "expires_at": "2026-11-23T18:35:00Z",
            "card_data": SHOWN_CARD,
        },
    )
    def status(self, request: Request, locale: str, session_id: str) -> Response:
        session = get_qr_card(partner=self.partner, session_id=_session_id(session_id), at=self.now)
        state: dict[str, Any] = {
            "session_id": session.session_id,
            "status": session.status_at(self.now),
            "expires_at": session.expires_at,
        }
        card = identified_card(session=session, at=self.now)
        # Absent, not null, as long as no card was shown.
        if card is not None:
            state["card_data"] = CardDataSerializer(card).data
        return ok(state)


class QrCardAppViewSet(ShopViewSet):
    """The app: here is my card."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"scan": "customer.account"}

    @document(
        "Scan a QR code to show a card",
        description="The till is shown the customer's card of its partner; a customer without one is given one. "
        "Scanning again changes nothing.",
        body=QrCardScanForm,
        answer=QrCardScannedSerializer,
        raises=(
            *(InsufficientPermissions, ValidationFailed, QrSessionNotFound, ResourceExpired, QrCardUsed),
            *(PartnerNotActive, UserBlocked, CardNotIssued),
        ),
        example={
            "session_id": PAIRING,
            "status": "completed",
            "device_name": "POS Terminal",
            "partner": {"id": 7, "name": "Kavos namai", "logo": None},
            "shop": {"id": 3, "name": "Gedimino pr. 9"},
            "card": {"id": 1042, "card_number": "900-001-042", "points": 515},
            "scanned_at": "2026-11-23T18:31:00Z",
        },
        body_example={"qr_code": LINK},
    )
    def scan(self, request: Request, locale: str) -> Response:
        assert self.person is not None, "only a person has this capability"
        pairing_id = _pairing_id(self.validated(QrCardScanForm)["qr_code"])
        scanned = scan_qr_card(person=self.person, pairing_id=pairing_id, at=self.now)
        session, view = scanned.session, scanned.view
        partner, shop = session.partner, session.shop
        shown = {
            "session_id": session.pairing_id,
            "status": session.status,
            "device_name": session.device_name,
            "partner": {"id": partner.pk, "name": partner.name, "logo": partner.logo_url or None},
            "shop": None if shop is None else {"id": shop.pk, "name": shop.name},
            "card": {"id": view.issued.pk, "card_number": view.issued.number, "points": view.points.points},
            "scanned_at": session.scanned_at,
        }
        return ok(QrCardScannedSerializer(shown).data)


def _session_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise QrSessionNotFound from error


def _pairing_id(link: str) -> UUID:
    try:
        return read_link(link)
    except ValueError:
        words = _("This is not the code that a till shows for a card.")
        raise ValidationFailed(errors={"qr_code": [words]}) from None
