"""Sending SMS, what became of them, and consents (contract 11)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.base import Capability, PublicViewSet
from loyalty.api.envelope import acknowledged, ok
from loyalty.api.principal import Principal
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.limits import limiter
from loyalty.limits.limiter import Limits
from messaging.api.sms.base import SmsErrorSerializer, SmsViewSet
from messaging.api.sms.serializers import (
    SmsConsentAnswer,
    SmsConsentForm,
    SmsInboundForm,
    SmsReceiptForm,
    SmsSendForm,
    SmsSentAnswer,
    SmsStatusAnswer,
    read_order,
    read_proof,
)
from messaging.errors import (
    MessageTemplateNotFound,
    SmsAccountMissing,
    SmsBalanceTooLow,
    SmsCredentialsInvalid,
    SmsNumberInvalid,
    SmsRateExceeded,
    SmsSenderInvalid,
    SmsSendFailed,
)
from messaging.rules.sms_prices import read_number
from messaging.selectors.sms import get_message
from messaging.services.partner_sms import consent_facts, send_for_partner, set_consent
from messaging.services.sms_links import account_of_token, message_of_token
from messaging.services.sms_notices import note_call, note_text_call
from partners.errors import ScopeInsufficient

# Contract 2.6: 60 messages a minute, of a partner, whichever of its keys sends them.
MESSAGES = Limits(per_hour=3_600, per_minute=60)
# What people write back to one account.
INBOUND = Limits(per_hour=36_000, per_minute=3_000)
PROVEN = (SmsCredentialsInvalid, ScopeInsufficient, SmsRateExceeded)
MESSAGE_ID = "3f0c6f0e-7a52-4c9a-9f57-0f6f2f1f8f10"
SENT = {
    "message_id": MESSAGE_ID,
    "source": "Coffee",
    "destination": "+37060000001",
    "status": "queued",
    "scheduled": None,
    "validity": "2026-11-24T18:30:00Z",
    "parts": 1,
    "cost": {"amount": 0.0556, "currency": "EUR", "parts_charged": 1},
    "marketing_consent_registered": False,
}
STATUS = {
    "message_id": MESSAGE_ID,
    "source": "Coffee",
    "destination": "+37060000001",
    "status": "delivered",
    "scheduled": None,
    "validity": "2026-11-24T18:30:00Z",
    "sent_at": "2026-11-23T18:30:01Z",
    "delivered_at": "2026-11-23T18:30:05Z",
    "failed_at": None,
    "cost": {"amount": 0.0556, "currency": "EUR"},
    "error_message": None,
}
CONSENT = {
    "phone_number": "+37060000001",
    "consent_given": True,
    "consent_source": "api",
    "consent_date": "2026-11-23T18:30:00Z",
}


class SmsMessageViewSet(SmsViewSet):
    """One message at a time."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"send": "sms.send", "status": "sms.view", "consent": "sms.send"}
    # Equal messages within seconds are one that was sent again because its answer was lost.
    repeatable = frozenset({"send"})

    @document(
        "Send an SMS",
        description=(
            "Queued and charged at once; `GET /sms/status/{message_id}` and, with `receipt`, a call to `receiptURL` "
            "tell what becomes of it. Instants without a zone are on the partner's clock. `purpose: marketing` needs "
            "the recipient's consent, given earlier or by `marketing_consent: true`. A `template` with its `variables` "
            "stands in for `message`. Refusals carry the numbers 1001, "
            "1002, 1003, 2001 and 2002 in `code`, and their names in `error_code`."
        ),
        body=SmsSendForm,
        answer=SmsSentAnswer,
        raises=(
            *(*PROVEN, ValidationFailed, SmsSenderInvalid, SmsNumberInvalid),
            *(SmsBalanceTooLow, SmsAccountMissing, SmsSendFailed, MessageTemplateNotFound),
        ),
        example=SENT,
        body_example={"source": "Coffee", "destination": "+37060000001", "message": "Your order is ready."},
        refusal=SmsErrorSerializer,
    )
    def send(self, request: Request, locale: str) -> Response:
        form = self.validated(SmsSendForm)
        decision = limiter.check(f"sms:{self.partner.pk}", MESSAGES)
        if not decision.allowed:
            raise limiter.refusal(decision)
        ordered = send_for_partner(actor=self.actor, partner=self.partner, order=read_order(form), at=self.now)
        ordered.message.marketing_consent_registered = bool(form.get("marketing_consent"))  # type: ignore[attr-defined]
        return ok(SmsSentAnswer(ordered.message).data)

    @document(
        "What became of an SMS",
        answer=SmsStatusAnswer,
        raises=(*PROVEN, ResourceNotFound),
        example=STATUS,
        refusal=SmsErrorSerializer,
    )
    def status(self, request: Request, locale: str, message_id: UUID) -> Response:
        return ok(SmsStatusAnswer(get_message(partner=self.partner, message_id=message_id)).data)

    @document(
        "Note a consent to SMS advertisements",
        description="Or that it was taken back. The same answer again keeps the first one and its proof.",
        body=SmsConsentForm,
        answer=SmsConsentAnswer,
        raises=(*PROVEN, ValidationFailed, SmsNumberInvalid),
        example=CONSENT,
        body_example={"phone_number": "+37060000001", "consent_given": True, "client_ip": "203.0.113.7"},
        refusal=SmsErrorSerializer,
    )
    def consent(self, request: Request, locale: str) -> Response:
        form = self.validated(SmsConsentForm)
        phone = read_number(form["phone_number"])
        if phone is None:
            raise SmsNumberInvalid
        answered = set_consent(
            actor=self.actor,
            partner=self.partner,
            phone=phone,
            is_given=form["consent_given"],
            source=form.get("consent_source") or "api",
            proof=read_proof(form),
            at=self.now,
        )
        return ok(SmsConsentAnswer(consent_facts(answered)).data)


class ProviderViewSet(PublicViewSet):
    """What providers tell us: the address is its own proof."""

    ignores_unknown_parameters = True
    limit_name: ClassVar[str]
    target_id: int

    @staticmethod
    def read_token(token: str) -> int:
        raise ResourceNotFound

    def authenticate(self, request: Request) -> Principal:
        """A provider calls from one address for everybody: each target has a limit of its own. Guesses are counted."""
        stranger = super().authenticate(request)
        try:
            self.target_id = self.read_token(self.kwargs["token"])
        except ResourceNotFound:
            self.target_id = 0
            return stranger
        return replace(stranger, limit_key=f"{self.limit_name}:{self.target_id}")

    def target(self) -> int:
        """Raises ResourceNotFound for an address that we never gave to anybody."""
        if not self.target_id:
            raise ResourceNotFound
        return self.target_id


class SmsReceiptViewSet(ProviderViewSet):
    """Where providers say what became of messages."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"create": "public"}
    limit_name = "sms-receipt"
    read_token = staticmethod(message_of_token)

    @document(
        "A provider's delivery receipt",
        description="In the shape of this platform's own receipts. One that is late or comes twice changes nothing.",
        body=SmsReceiptForm,
        raises=(ResourceNotFound, ValidationFailed),
        body_example={"id": "P-1042", "status": "DELIVERED", "timestamp": "2026-11-23T18:30:05Z"},
        public=True,
    )
    def create(self, request: Request, locale: str, token: str) -> Response:
        said = self.validated(SmsReceiptForm)
        note_call(sms_message_id=self.target(), said=said, at=self.now)
        return acknowledged(_("Noted."))


class SmsInboundViewSet(ProviderViewSet):
    """Where an account's provider hands on what people write back."""

    capabilities: ClassVar[Mapping[str, Capability]] = {"create": "public"}
    limit_name = "sms-inbound"
    read_token = staticmethod(account_of_token)

    def authenticate(self, request: Request) -> Principal:
        """After a campaign many write at once."""
        principal = super().authenticate(request)
        return replace(principal, limits=INBOUND) if self.target_id else principal

    @document(
        "A text that somebody wrote back",
        description=(
            "STOP, and its like in the platform's languages, takes the consent to advertisements back; other texts are "
            "not kept. The address is the account's own, and secret. A text with an `id` counts once."
        ),
        body=SmsInboundForm,
        raises=(ResourceNotFound, ValidationFailed),
        body_example={"id": "IN-77", "source": "+37060000001", "destination": "Coffee", "message": "STOP"},
        public=True,
    )
    def create(self, request: Request, locale: str, token: str) -> Response:
        said = self.validated(SmsInboundForm)
        note_text_call(account_id=self.target(), said=said, at=self.now)
        return acknowledged(_("Noted."))
