"""Webhook endpoints for tests, and what receivers do with what they get."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory

from loyalty.models import OutboxEvent
from loyalty.outbound.tests.servers import FeedServer
from loyalty.services.outbox import forget_listeners
from loyalty.services.sealing import seal
from loyalty.tests.factories import ModelFactory
from messaging.models import Delivery, WebhookEndpoint
from messaging.rules.webhook_signing import new_secret
from messaging.services.deliveries import fan_out
from messaging.services.webhook_relay import relay
from messaging.services.webhook_turn import Turn
from partners.models import Partner
from partners.tests.factories import PartnerFactory

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class EndpointFactory(ModelFactory[WebhookEndpoint]):
    """An active endpoint for points; pass `key` for a secret of its own."""

    class Meta:
        model = WebhookEndpoint

    class Params:
        key = factory.LazyFunction(new_secret)

    partner = factory.SubFactory(PartnerFactory)
    url = factory.Sequence(lambda n: f"https://hooks.example/{n}")
    events = ["points.awarded"]
    secret = factory.LazyAttribute(lambda row: seal(row.key))
    state_at = created_at = NOW - timedelta(days=30)

    @classmethod
    def _create(cls, *args: Any, **kwargs: Any) -> Any:
        made = super()._create(*args, **kwargs)
        forget_listeners()
        return made


def happen(partner: Partner, kind: str = "points.awarded", at: datetime = NOW, **data: Any) -> OutboxEvent:
    """An event in the outbox, as some app would have written it."""
    return OutboxEvent.objects.create(
        partner_id=partner.pk, kind=kind, data=data or {"points": 5}, occurred_at=at, recorded_at=at
    )


def waiting(endpoint: WebhookEndpoint, at: datetime = NOW) -> Delivery:
    """A delivery of a fresh event to this endpoint."""
    event = happen(endpoint.partner, endpoint.events[0], at)
    fan_out(at=at)
    return Delivery.objects.get(endpoint=endpoint, event=event)


def run_relay(at: datetime | None = None, seconds: float = 20.0) -> bool:
    """One run of the relay; with `at`, the clock stands still."""
    return relay(clock=(lambda: datetime.now(UTC)) if at is None else (lambda: at), turn=Turn(), seconds=seconds)


def open_to(monkeypatch: Any, settings: Any, *servers: FeedServer) -> None:
    """Let webhooks reach these servers on loopback, as a development machine may."""
    settings.DEBUG = True
    settings.WEBHOOK_ALLOWS_HTTP = True
    monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", ",".join(str(server.port) for server in servers))
