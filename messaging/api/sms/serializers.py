"""What partners' systems send and get on the SMS API."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.connecting import refuse_closed
from loyalty.outbound.targets import OutboundRefusedError, read_target
from messaging.api.sms_fields import AmountField, VariablesField
from messaging.choices import SmsPurpose, SmsStatus
from messaging.models import SmsMessage
from messaging.services.consents import Proof
from messaging.services.partner_sms import Order

# What the contract has no word for, in its words.
SHOWN = {SmsStatus.SENDING: SmsStatus.QUEUED, SmsStatus.UNDELIVERABLE: SmsStatus.FAILED}
STATES = ["queued", "sent", "delivered", "failed", "expired"]
OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


@extend_schema_field({"type": "string", "format": "date-time"})
class MomentField(serializers.Field):
    """An instant; without a zone it is on the partner's own clock."""

    default_error_messages = {"invalid": _("Must be an instant such as 2026-11-23T21:00:00Z.")}

    def to_internal_value(self, data: Any) -> datetime | None:
        if data == "":
            return None
        try:
            moment = datetime.fromisoformat(data) if isinstance(data, str) and "T" in data.replace(" ", "T") else None
        except ValueError:
            moment = None
        if moment is None or not 1970 <= moment.year <= 9000:
            self.fail("invalid")
            raise AssertionError
        if moment.tzinfo is None:
            return moment.replace(tzinfo=ZoneInfo(self.context["view"].partner.time_zone))
        return moment

    def to_representation(self, value: datetime) -> Any:
        return serializers.DateTimeField().to_representation(value)


class ProofForm(serializers.Serializer):
    """Where and by whose browser a consent was given."""

    client_ip = serializers.IPAddressField(**OPTIONAL)
    client_user_agent = serializers.CharField(**OPTIONAL, allow_blank=True, max_length=2_000)
    consent_page_url = serializers.CharField(**OPTIONAL, allow_blank=True, max_length=500)


def read_proof(form: dict[str, Any]) -> Proof:
    """The proof in the service's words."""
    agent, page = form.get("client_user_agent") or "", form.get("consent_page_url") or ""
    return Proof(ip=form.get("client_ip"), agent=agent[:300], page=page)


class SmsSendForm(ProofForm):
    source = serializers.CharField(help_text="An approved sender: at most 11 letters, digits and spaces.")  # type: ignore[assignment]
    destination = serializers.CharField(help_text="E.164; the plus may be left out.")
    message = serializers.CharField(
        **OPTIONAL, allow_blank=True, max_length=1_600, trim_whitespace=False, help_text="Needed without `template`."
    )
    template = serializers.CharField(
        **OPTIONAL, allow_blank=True, max_length=60, help_text="The code of a text of the partner's own."
    )
    language = serializers.CharField(
        **OPTIONAL, allow_blank=True, max_length=5, help_text="Of the template; default the partner's."
    )
    variables = VariablesField(**OPTIONAL)
    receipt = serializers.BooleanField(**OPTIONAL)
    receiptURL = serializers.CharField(**OPTIONAL, allow_blank=True, max_length=2_000)  # noqa: N815 - the wire's name
    scheduled = MomentField(**OPTIONAL)
    validity = MomentField(**OPTIONAL)
    validityMinutes = serializers.IntegerField(**OPTIONAL, min_value=1, max_value=10_080)  # noqa: N815
    marketing_consent = serializers.BooleanField(**OPTIONAL, help_text="The recipient agreed to advertisements now.")
    purpose = serializers.ChoiceField(
        [SmsPurpose.SERVICE.value, SmsPurpose.MARKETING.value],
        **OPTIONAL,
        help_text="`marketing` needs a consent; default `service`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        has_text = bool((attrs.get("message") or "").strip())
        if not has_text and not attrs.get("template"):
            is_absent = attrs.get("message") is None
            text = _("This field is required.") if is_absent else _("This field may not be blank.")
            raise serializers.ValidationError({"message": text})
        if has_text and attrs.get("template"):
            raise serializers.ValidationError({"template": _("Either a message or a template, not both.")})
        if attrs.get("receipt"):
            try:
                refuse_closed(read_target(attrs.get("receiptURL") or "", allowance=configured_allowance()))
            except OutboundRefusedError as error:
                text = _("Must be an address on the open internet: http or https, on its usual port.")
                raise serializers.ValidationError({"receiptURL": text}) from error
        return attrs


def read_order(form: dict[str, Any]) -> Order:
    """The body in the service's words."""
    return Order(
        source=form["source"],
        destination=form["destination"],
        text=form.get("message") or "",
        template=form.get("template") or "",
        language=form.get("language") or "",
        variables=form.get("variables") or {},
        purpose=form.get("purpose") or SmsPurpose.SERVICE,
        receipt_url=form["receiptURL"] if form.get("receipt") else "",
        scheduled=form.get("scheduled"),
        validity=form.get("validity"),
        minutes=form.get("validityMinutes"),
        is_consent_given=bool(form.get("marketing_consent")),
        proof=read_proof(form),
    )


class SmsCostAnswer(serializers.Serializer):
    amount = AmountField()
    currency = serializers.CharField()


class SmsChargeAnswer(SmsCostAnswer):
    parts_charged = serializers.IntegerField()


class SmsMessageAnswer(serializers.Serializer):
    message_id = serializers.UUIDField(source="public_id")
    source = serializers.CharField(source="sender")  # type: ignore[assignment]
    destination = serializers.CharField(source="phone")
    status = serializers.SerializerMethodField()
    scheduled = serializers.DateTimeField(source="scheduled_at", allow_null=True)
    validity = serializers.DateTimeField(source="expires_at")

    @extend_schema_field({"type": "string", "enum": STATES})
    def get_status(self, row: SmsMessage) -> str:
        return str(SHOWN.get(SmsStatus(row.status), row.status))


class SmsSentAnswer(SmsMessageAnswer):
    parts = serializers.IntegerField()
    cost = serializers.SerializerMethodField()
    marketing_consent_registered = serializers.BooleanField()

    @extend_schema_field(SmsChargeAnswer)
    def get_cost(self, row: SmsMessage) -> dict[str, Any]:
        return dict(SmsChargeAnswer({"amount": row.cost, "currency": row.currency, "parts_charged": row.parts}).data)


class SmsStatusAnswer(SmsMessageAnswer):
    sent_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    failed_at = serializers.DateTimeField(allow_null=True)
    cost = serializers.SerializerMethodField()
    error_message = serializers.SerializerMethodField()

    @extend_schema_field(SmsCostAnswer)
    def get_cost(self, row: SmsMessage) -> dict[str, Any]:
        amount = row.cost if row.refunded_at is None else 0
        return dict(SmsCostAnswer({"amount": amount, "currency": row.currency}).data)

    @extend_schema_field({"type": "string", "nullable": True})
    def get_error_message(self, row: SmsMessage) -> str | None:
        return row.error or None if row.failed_at else None


class SmsConsentForm(ProofForm):
    phone_number = serializers.CharField(help_text="E.164; the plus may be left out.")
    consent_given = serializers.BooleanField(help_text="False takes it back.")
    consent_source = serializers.CharField(**OPTIONAL, allow_blank=True, max_length=40, help_text="Default `api`.")


class SmsConsentAnswer(serializers.Serializer):
    phone_number = serializers.CharField()
    consent_given = serializers.BooleanField()
    consent_source = serializers.CharField()
    consent_date = serializers.DateTimeField(required=False, help_text="Of a consent.")
    revoked_at = serializers.DateTimeField(required=False, help_text="Of one that was taken back.")


class SmsReceiptForm(serializers.Serializer):
    """What a provider says of a message (contract 11)."""

    id = serializers.CharField(**OPTIONAL, max_length=200)
    externalId = serializers.CharField(**OPTIONAL, max_length=200)  # noqa: N815 - the wire's name
    status = serializers.CharField(max_length=40)
    recipient = serializers.CharField(**OPTIONAL, max_length=40)
    timestamp = serializers.CharField(**OPTIONAL, max_length=60)
    error = serializers.JSONField(**OPTIONAL)


class SmsInboundForm(serializers.Serializer):
    """What somebody wrote, in the words of `/sms/send`."""

    id = serializers.CharField(**OPTIONAL, allow_blank=True, max_length=200, help_text="The same again is ignored.")
    source = serializers.CharField(max_length=40, help_text="Who wrote it; E.164, the plus may be left out.")  # type: ignore[assignment]
    destination = serializers.CharField(**OPTIONAL, allow_blank=True, max_length=40)
    message = serializers.CharField(max_length=1_600, allow_blank=True)
    timestamp = serializers.CharField(**OPTIONAL, allow_blank=True, max_length=60)
