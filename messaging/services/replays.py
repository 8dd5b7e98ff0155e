"""Sending events once more: a test, one delivery, or all of a span of time (promise F3). An event keeps its id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from loyalty.models import OutboxEvent
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.choices import DeliveryState, EndpointState
from messaging.errors import WebhookNotActive
from messaging.models import Delivery, WebhookEndpoint
from messaging.models.delivery import OPEN_DELIVERY
from messaging.selectors.deliveries import get_delivery
from messaging.services.webhook_turn import wake
from messaging.services.webhooks import lock_endpoint
from partners.models import Partner

PING = "ping"
# Of one call; what is older goes with the next one.
MOST = 10_000

_AGAIN = """
WITH wanted AS MATERIALIZED (
    SELECT d.id FROM messaging_delivery d JOIN loyalty_outboxevent o ON o.id = d.event_id
    WHERE d.endpoint_id = %(endpoint)s AND d.state = ANY (%(states)s) AND d.kind = ANY (%(kinds)s)
      AND o.occurred_at >= %(since)s AND o.occurred_at < %(until)s
    ORDER BY d.id LIMIT %(most)s
)
UPDATE messaging_delivery d SET state = 'pending', attempts = 0, replays = d.replays + 1, due_at = %(at)s,
    finished_at = NULL, error = '' FROM wanted WHERE d.id = wanted.id
"""
# What was told while the endpoint heard nothing, because another one of the partner's did.
_MISSED = """
INSERT INTO messaging_delivery (
    partner_id, endpoint_id, event_id, kind, state, attempts, replays, due_at, error, created_at
)
SELECT o.partner_id, %(endpoint)s, o.id, o.kind, 'pending', 0, 0, %(at)s, '', %(at)s FROM loyalty_outboxevent o
WHERE o.partner_id = %(partner)s AND o.relayed_at IS NOT NULL AND o.kind = ANY (%(kinds)s)
  AND o.occurred_at >= %(since)s AND o.occurred_at < %(until)s
  AND NOT EXISTS (SELECT FROM messaging_delivery d WHERE d.endpoint_id = %(endpoint)s AND d.event_id = o.id)
ORDER BY o.id LIMIT %(most)s
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Span:
    """Which events: those that happened from `since` until before `until`; of `kinds` (none: all that the endpoint
    wants), whose deliveries are in one of `states`.
    """

    since: datetime
    until: datetime
    kinds: Sequence[str] = ()
    states: Sequence[str] = (DeliveryState.FAILED,)


@transaction.atomic
def send_test(*, actor: Actor, partner: Partner, endpoint_id: int, at: datetime) -> Delivery:
    """A `ping` for this endpoint alone, whatever it listens to. Raises ResourceNotFound, WebhookNotActive."""
    endpoint = _locked(partner, endpoint_id)
    event = OutboxEvent.objects.create(
        partner_id=partner.pk, kind=PING, data={"webhook_id": endpoint.pk}, occurred_at=at, relayed_at=at
    )
    delivery = Delivery.objects.create(
        partner=partner, endpoint=endpoint, event=event, kind=PING, due_at=at, created_at=at
    )
    _note(actor, endpoint, "webhook.tested", {}, at)
    transaction.on_commit(wake)
    return delivery


@transaction.atomic
def replay_delivery(
    *, actor: Actor, partner: Partner, endpoint_id: int, delivery_id: int, at: datetime, reason: str = ""
) -> Delivery:
    """Send an event again, from the first attempt; one that still waits is tried now.

    Raises ResourceNotFound, WebhookNotActive.
    """
    endpoint = _locked(partner, endpoint_id)
    delivery = get_delivery(partner=partner, endpoint_id=endpoint.pk, delivery_id=delivery_id)
    rows = Delivery.objects.filter(pk=delivery.pk)
    fresh: dict[str, Any] = {"state": DeliveryState.PENDING, "attempts": 0, "due_at": at, "finished_at": None}
    if not rows.exclude(state__in=OPEN_DELIVERY).update(**fresh, error="", replays=F("replays") + 1):
        rows.filter(state=DeliveryState.PENDING).update(due_at=at)
    _note(actor, endpoint, "webhook.replayed", {"delivery": (None, delivery.pk)}, at, reason=reason)
    transaction.on_commit(wake)
    return get_delivery(partner=partner, endpoint_id=endpoint.pk, delivery_id=delivery_id)


@transaction.atomic
def replay_span(*, actor: Actor, partner: Partner, endpoint_id: int, span: Span, at: datetime, reason: str = "") -> int:
    """Send events of a span again, and those that the endpoint missed; how many, at most MOST a call.

    Raises ResourceNotFound, WebhookNotActive.
    """
    endpoint = _locked(partner, endpoint_id)
    question: dict[str, Any] = {
        "endpoint": endpoint.pk,
        "partner": partner.pk,
        "kinds": list(span.kinds or endpoint.events),
        "states": list(span.states),
        "since": span.since,
        "until": span.until,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, {**question, "most": MOST})
        count = cursor.rowcount
        cursor.execute(_MISSED, {**question, "most": MOST - count})
        count += cursor.rowcount
    _note(actor, endpoint, "webhook.replayed", {"deliveries": (None, count)}, at, reason=reason)
    transaction.on_commit(wake)
    return count


def _locked(partner: Partner, endpoint_id: int) -> WebhookEndpoint:
    endpoint = lock_endpoint(partner=partner, endpoint_id=endpoint_id)
    if endpoint.state != EndpointState.ACTIVE:
        raise WebhookNotActive
    return endpoint


def _note(
    actor: Actor,
    endpoint: WebhookEndpoint,
    action: str,
    changes: dict[str, tuple[Any, Any]],
    at: datetime,
    *,
    reason: str = "",
) -> None:
    audit.record(
        actor=actor,
        action=action,
        target=endpoint,
        partner_id=endpoint.partner_id,
        changes=changes,
        reason=reason,
        at=at,
    )
