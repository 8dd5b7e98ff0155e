"""Log-in at a till by QR code (contract 5.2): the till's side with credentials, the app's with the person's token."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import PictureForm, QrTillViewSet, ShopViewSet
from customers.choices import QrLoginStatus
from customers.errors import AuthForbidden, QrSessionNotFound, QrSessionUsed, UserBlocked
from customers.models import QrLoginSession
from customers.selectors.qr_logins import get_qr_login
from customers.services import qr_logins
from loyalty.api.base import Capability
from loyalty.api.envelope import acknowledged, ok
from loyalty.api.schema import document
from loyalty.errors import InsufficientPermissions, ResourceExpired, ResourceNotFound, ValidationFailed
from partners.errors import PartnerNotActive, ScopeInsufficient, StoreAccessDenied

SESSION = "0d6f1a52-7f0e-4b39-9a0e-2f4b8f0d1c11"
PAIRING = "9b7c1c7e-55aa-4d0e-8a53-6d1f1c0c2f11"


class OpenedAnswer(serializers.Serializer):
    session_id = serializers.UUIDField(help_text="The till's secret: for polling and for the realtime channel.")
    qr_code = serializers.CharField(help_text="What the picture is to say; the session id is not in it.")
    partner_name = serializers.CharField()
    partner_id = serializers.IntegerField()
    shop_id = serializers.IntegerField(allow_null=True)
    expires_at = serializers.DateTimeField()


class LoggedInUser(serializers.Serializer):
    id = serializers.IntegerField(help_text="This partner's customer.")
    name = serializers.CharField()
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)


class PollAnswer(serializers.Serializer):
    session_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=QrLoginStatus.choices)
    expires_at = serializers.DateTimeField()
    user = LoggedInUser(required=False, help_text="With `authenticated`.")
    token = serializers.CharField(
        required=False, allow_null=True, help_text="Good at this partner for an hour; delivered once."
    )
    refresh_token = serializers.CharField(required=False, allow_null=True, help_text="Always null.")
    expires_in = serializers.IntegerField(required=False, help_text="Seconds.")


class PlaceAnswer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ScannedAnswer(serializers.Serializer):
    session_id = serializers.UUIDField(help_text="What confirm and reject take; not the till's secret.")
    status = serializers.ChoiceField(choices=QrLoginStatus.choices)
    device_name = serializers.CharField()
    partner = PlaceAnswer()
    shop = PlaceAnswer(allow_null=True)
    expires_at = serializers.DateTimeField()


OPENED = {
    "session_id": SESSION,
    "qr_code": f"loyaltylt://qr-login?code={PAIRING.replace('-', '')}&session={PAIRING}",
    "partner_name": "Kavos namai",
    "partner_id": 7,
    "shop_id": 3,
    "expires_at": "2026-11-23T18:35:00Z",
}
POLLED = {
    "session_id": SESSION,
    "status": "authenticated",
    "expires_at": "2026-11-23T18:35:00Z",
    "user": {"id": 1007, "name": "Ona Petraitė", "phone": "+37060000001", "email": "ona@example.com"},
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…",
    "refresh_token": None,
    "expires_in": 3600,
}
SCANNED = {
    "session_id": PAIRING,
    "status": "scanned",
    "device_name": "Kasa 1",
    "partner": {"id": 7, "name": "Kavos namai"},
    "shop": {"id": 3, "name": "Gedimino pr. 9"},
    "expires_at": "2026-11-23T18:35:00Z",
}
APP = (InsufficientPermissions, QrSessionNotFound, ResourceExpired, QrSessionUsed)


class QrLoginViewSet(QrTillViewSet):
    """The till: a picture, and what came of it."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"generate": "till.sell", "poll": "till.sell"}

    @document(
        "Show a QR code to log in by",
        description="The app of a customer scans it and confirms within five minutes. Poll, or listen on the realtime "
        "channel `qr-login.{session_id}` for `status_update`.",
        body=PictureForm,
        answer=OpenedAnswer,
        raises=(AuthForbidden, ScopeInsufficient, ValidationFailed, ResourceNotFound, StoreAccessDenied),
        example=OPENED,
        body_example={"device_name": "Kasa 1", "shop_id": 3},
    )
    def generate(self, request: Request, locale: str) -> Response:
        login = qr_logins.open_qr_login(**self.asked(), at=self.now)
        shown = {
            name: getattr(login, name) for name in ("session_id", "qr_code", "partner_id", "shop_id", "expires_at")
        }
        return ok(OpenedAnswer({**shown, "partner_name": self.partner.name}).data)

    @document(
        "Ask how a log-in by QR code stands",
        description="`expired` is answered for an hour, then QR_SESSION_NOT_FOUND. With `authenticated` come the "
        "customer and a token that is bound to this partner, once (again within ten seconds, for a lost reply).",
        answer=PollAnswer,
        raises=(AuthForbidden, ScopeInsufficient, QrSessionNotFound),
        example=POLLED,
    )
    def poll(self, request: Request, locale: str, session_id: str) -> Response:
        login = get_qr_login(partner=self.partner, session_id=session_id, at=self.now)
        state: dict[str, Any] = {
            "session_id": login.session_id,
            "status": login.status_at(self.now),
            "expires_at": login.expires_at,
        }
        state |= qr_logins.deliver(login=login, at=self.now)
        shown = PollAnswer(state).data
        # Absent, not null, as long as nobody has confirmed.
        return ok({name: shown[name] for name in state})

    # What it delivers must not be kept for repeats; it knows a repeat by itself.
    poll.keeps_its_own_key = True


class QrLoginAppViewSet(ShopViewSet):
    """The app: who stands before the till."""

    capabilities: ClassVar[Mapping[str, Capability]] = {
        "scan": "customer.account",
        "confirm": "customer.account",
        "reject": "customer.account",
    }

    @document(
        "Scan a QR code to log in by",
        description="`qr_code` is the `code` or the `session` of the picture. Scanning again changes nothing.",
        answer=ScannedAnswer,
        raises=APP,
        example=SCANNED,
    )
    def scan(self, request: Request, locale: str, qr_code: str) -> Response:
        assert self.person is not None, "only a person has this capability"
        return ok(_shown(qr_logins.scan(person=self.person, code=qr_code, at=self.now)))

    @document(
        "Confirm the log-in at a till",
        description="The partner learns name, phone and e-mail address of a customer who is new to it.",
        answer=ScannedAnswer,
        raises=(*APP, PartnerNotActive, UserBlocked),
        example={**SCANNED, "status": "authenticated"},
    )
    def confirm(self, request: Request, locale: str, session_id: str) -> Response:
        assert self.person is not None, "only a person has this capability"
        return ok(_shown(qr_logins.confirm(person=self.person, code=session_id, at=self.now)))

    @document("Reject the log-in at a till", raises=APP)
    def reject(self, request: Request, locale: str, session_id: str) -> Response:
        assert self.person is not None, "only a person has this capability"
        qr_logins.reject(person=self.person, code=session_id, at=self.now)
        return acknowledged(_("You were not logged in there."))


def _shown(login: QrLoginSession) -> dict[str, Any]:
    """What the app may know: the pairing id in place of the till's secret."""
    names = ("status", "device_name", "partner", "shop", "expires_at")
    return dict(ScannedAnswer({"session_id": login.pairing_id, **{name: getattr(login, name) for name in names}}).data)
