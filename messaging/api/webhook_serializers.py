"""How webhook endpoints and deliveries are written and read."""

from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework import serializers

from loyalty.api.reasons import ReasonForm
from loyalty.services.outbox import EventKind
from messaging.choices import DeliveryError, DeliveryState, EndpointReason, EndpointState
from messaging.models import Delivery
from messaging.models.delivery import OPEN_DELIVERY
from messaging.rules.webhook_signing import body_of
from messaging.services.replays import Span
from partners.api.moments import MomentField

MOST_EVENTS = 100
MOST_HOURS = 168


class WordField(serializers.ChoiceField):
    """One of a list of words, or null where the database has none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        return str(value) if value else None


class EndpointForm(serializers.Serializer):
    """What a partner says of an endpoint."""

    url = serializers.CharField(
        max_length=1000, help_text="An address of the open internet, by https on port 443 (or 80)."
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    events = serializers.ListField(
        child=serializers.CharField(max_length=60),
        min_length=1,
        max_length=MOST_EVENTS,
        help_text="Names from GET /partners/webhooks/events.",
    )


class EndpointChange(EndpointForm):
    """The same, and the switch."""

    is_active = serializers.BooleanField(
        required=False, help_text="`true` also ends a pause: what waited is sent. `false` sends and records nothing."
    )


class EndpointAnswer(serializers.Serializer):
    """An endpoint without its secret."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    description = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    state = serializers.ChoiceField(choices=EndpointState.choices)
    reason = WordField(choices=EndpointReason.choices)
    state_since = serializers.DateTimeField(source="state_at")
    failing_since = serializers.DateTimeField(allow_null=True)
    last_delivered_at = serializers.DateTimeField(source="delivered_at", allow_null=True)
    former_secret_until = serializers.DateTimeField(source="former_until", allow_null=True)
    created_at = serializers.DateTimeField()


class NewEndpointAnswer(EndpointAnswer):
    """An endpoint with its new secret, which is shown this once."""

    secret = serializers.CharField()


class RotationForm(serializers.Serializer):
    """How long the former secret goes on signing."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=MOST_HOURS, default=24, help_text="0: the former secret signs no more at once."
    )


class NothingForm(serializers.Serializer):
    """Nothing has to be said."""


class KindAnswer(serializers.Serializer):
    """An event that can be listened to, with an example of what is sent."""

    event = serializers.CharField()
    description = serializers.CharField()
    example = serializers.DictField()


class DueField(serializers.DateTimeField):
    """When a delivery is tried next; null where it is not."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value.due_at) if value.state in OPEN_DELIVERY else None


class DeliveryAnswer(serializers.Serializer):
    """An event on its way to an endpoint."""

    id = serializers.IntegerField()
    event_id = serializers.CharField(source="event.public_id", help_text="The webhook-id header, the same each time.")
    event = serializers.CharField(source="kind")
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = serializers.IntegerField()
    replays = serializers.IntegerField()
    next_attempt_at = DueField(source="*", allow_null=True)
    last_attempt_at = serializers.DateTimeField(source="last_at", allow_null=True)
    last_status = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(source="last_ms", allow_null=True)
    error = WordField(choices=DeliveryError.choices)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class DeliveryDetailAnswer(DeliveryAnswer):
    """The same with what is sent."""

    payload = serializers.SerializerMethodField()

    def get_payload(self, delivery: Delivery) -> dict[str, Any]:
        return payload_of(delivery.event.public_id, delivery.kind, delivery.event.occurred_at, delivery.event.data)


class SpanForm(serializers.Serializer):
    """Which events are sent again; `from` is written as a keyword argument because it is one."""

    to = MomentField(ends=True, help_text="A day is included whole.")
    events = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=MOST_EVENTS, help_text="Default: all."
    )
    states = serializers.ListField(
        child=serializers.ChoiceField(choices=[DeliveryState.FAILED.value, DeliveryState.DELIVERED.value]),
        required=False,
        min_length=1,
        max_length=2,
        help_text="Default: `failed`. Events that the endpoint never got are sent in any case.",
    )

    def get_fields(self) -> dict[str, Any]:
        return {"from": MomentField(help_text="A day begins in the partner's time zone."), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["from"] >= attrs["to"]:
            raise serializers.ValidationError({"to": [_("Must be after 'from'.")]})
        return attrs


class ReasonedSpanForm(ReasonForm, SpanForm):
    """Which events are sent again, and why."""


class ReplayAnswer(serializers.Serializer):
    """How many events are sent again; as many as allowed means that there may be more."""

    replayed = serializers.IntegerField()
    most = serializers.IntegerField()


def span_of(form: dict[str, Any]) -> Span:
    """What a validated SpanForm asks for."""
    asked = {"states": form["states"]} if "states" in form else {}
    return Span(form["from"], form["to"], kinds=form.get("events", ()), **asked)


def payload_of(event_id: str, kind: str, occurred_at: Any, data: Any) -> dict[str, Any]:
    """The body as a receiver reads it."""
    body: dict[str, Any] = orjson.loads(body_of(event_id=event_id, kind=kind, occurred_at=occurred_at, data=data))
    return body


def present_kind(kind: EventKind, at: Any) -> dict[str, Any]:
    """An event of the catalogue, with the whole body that an endpoint would get."""
    return {
        "event": kind.name,
        "description": str(kind.text),
        "example": payload_of("evt_5d1e2c9a4f6b4b0e8a3d7c2b1f0e9d8c", kind.name, at, dict(kind.example)),
    }
