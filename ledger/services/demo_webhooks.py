"""The webhook endpoints of each demo partner: one that works, one that failed for too long, one that is gone.

None of them hears of points, so that the demo's sales stay what they are elsewhere; nobody answers at their addresses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from customers.models import Customer
from loyalty.models import OutboxEvent
from loyalty.services.audit import SYSTEM
from messaging.choices import DeliveryError, DeliveryState, EndpointReason, EndpointState
from messaging.models import Delivery, WebhookEndpoint
from messaging.rules.webhook_schedule import ATTEMPTS, PATIENCE
from messaging.services.webhooks import create_endpoint
from partners.models import Partner

REGISTERED, UPDATED = "customer.registered", "customer.updated"
EVENTS = 12


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a delivery."""

    state: DeliveryState
    attempts: int = 1
    status: int | None = 200
    error: str = ""
    replays: int = 0


DELIVERED = Fate(DeliveryState.DELIVERED)
WAITING = Fate(DeliveryState.PENDING, attempts=0, status=None)
# The newest first; those before them were delivered.
RECENT = (
    Fate(DeliveryState.PENDING, 3, 503, DeliveryError.STATUS),
    Fate(DeliveryState.DELIVERED, replays=1),
    Fate(DeliveryState.FAILED, ATTEMPTS, None, DeliveryError.TOO_SLOW),
    Fate(DeliveryState.DELIVERED, 2),
)


class WebhookDemo:
    """What the demo shows of webhooks."""

    def load(self, *, partner: Partner, key: str, at: datetime, say: Callable[[str], None]) -> None:
        """Three endpoints with what was sent to them, once."""
        if WebhookEndpoint.objects.filter(partner=partner).exists():
            return
        with transaction.atomic():
            _load(partner, at)
        say(f"{partner.name}: three webhook endpoints")

    def handover(self, *, partner: Partner, at: datetime) -> dict[str, Any]:
        """Nothing: the back office shows it."""
        return {}


def _load(partner: Partner, at: datetime) -> None:
    customers = Customer.objects.filter(partner=partner).order_by("-pk").values_list("pk", flat=True)
    events = [_event(partner, customer_id, number, at) for number, customer_id in enumerate(customers[:EVENTS])]
    made = at - timedelta(days=60)
    crm = _endpoint(partner, "crm", "CRM", [REGISTERED, UPDATED, "customer.erased"], made)
    _become(crm, EndpointState.ACTIVE, "", at, failing_since=at - timedelta(hours=1))
    crm_fates = [*RECENT, *[DELIVERED] * len(events)]
    accounts = _endpoint(partner, "accounts", "Accounting", [UPDATED], made)
    _become(accounts, EndpointState.PAUSED, EndpointReason.FAILING, at, failing_since=at - PATIENCE)
    old = _endpoint(partner, "old-shop", "Old web shop", [REGISTERED], made)
    _become(old, EndpointState.DISABLED, EndpointReason.GONE, at - timedelta(days=40))
    Delivery.objects.bulk_create(
        [
            *[_delivery(crm, event, fate, at) for event, fate in zip(events, crm_fates, strict=False)],
            *[_delivery(accounts, event, WAITING, at) for event in events if event.kind == UPDATED],
        ]
    )


def _endpoint(partner: Partner, host: str, description: str, events: list[str], at: datetime) -> WebhookEndpoint:
    url = f"https://{host}.{slugify(partner.name) or 'partner'}.example/hooks/loyalty"
    data = {"url": url, "description": description, "events": events}
    return create_endpoint(actor=SYSTEM, partner=partner, data=data, at=at).endpoint


def _become(
    endpoint: WebhookEndpoint, state: str, reason: str, at: datetime, *, failing_since: datetime | None = None
) -> None:
    """As the relay would have left it."""
    endpoint.state, endpoint.reason, endpoint.state_at = state, reason, at
    endpoint.failing_since, endpoint.is_slow = failing_since, state == EndpointState.ACTIVE
    endpoint.delivered_at = (failing_since or at) - timedelta(minutes=20)
    endpoint.warned_at = at - timedelta(days=4) if state == EndpointState.PAUSED else None
    endpoint.save()


def _event(partner: Partner, customer_id: int, number: int, at: datetime) -> OutboxEvent:
    kind = UPDATED if number % 2 else REGISTERED
    said: dict[str, Any] = {"fields": ["email", "phone"]} if number % 2 else {"shop_id": None}
    moment = at - timedelta(hours=1 + 7 * number)
    return OutboxEvent.objects.create(
        partner_id=partner.pk,
        kind=kind,
        data={"customer_id": customer_id, **said},
        occurred_at=moment,
        recorded_at=moment,
        relayed_at=moment,
    )


def _delivery(endpoint: WebhookEndpoint, event: OutboxEvent, fate: Fate, at: datetime) -> Delivery:
    is_over = fate.state != DeliveryState.PENDING
    tried = event.occurred_at + timedelta(seconds=2) if fate.attempts else None
    return Delivery(
        partner_id=endpoint.partner_id,
        endpoint=endpoint,
        event=event,
        kind=event.kind,
        state=fate.state,
        attempts=fate.attempts,
        replays=fate.replays,
        due_at=at + timedelta(hours=2) if fate.attempts and not is_over else event.occurred_at,
        last_at=tried,
        last_status=fate.status,
        last_ms=15_000 if fate.error == DeliveryError.TOO_SLOW else 80 if tried else None,
        error=fate.error,
        created_at=event.occurred_at,
        finished_at=tried if is_over else None,
    )
