"""Events on their way out: handed to endpoints, claimed by a relay, settled by what came of it (promises F1, F3, F5).

`pending → sending → delivered | failed`. A claim is a lease; each step of an attempt is conditional on its round and
number, so that a relay which was overtaken changes nothing, not even of a replay. Whoever touches deliveries of an
endpoint locks the endpoint first.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from loyalty import events
from loyalty.outbound.posting import Reply
from loyalty.services import audit, outbox
from loyalty.services.audit import SYSTEM
from messaging.choices import DeliveryError, DeliveryState, EndpointReason, EndpointState
from messaging.events import WebhookFailed
from messaging.models import Delivery, WebhookEndpoint
from messaging.rules.webhook_schedule import is_worn_out, is_worrying, next_attempt, read_retry_after
from messaging.services.webhooks import signing_keys, switch

SECONDS = 15.0
# Longer than an attempt may take, with what surrounds it.
LEASE = timedelta(seconds=60)
# What answers later than this gets one attempt at a time.
SLOW_MS = 2_000
AT_ONCE = 4
GONE = 410

_FAN_OUT = """
WITH news AS MATERIALIZED (
    SELECT id, partner_id, kind FROM loyalty_outboxevent WHERE relayed_at IS NULL
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
), made AS (
    INSERT INTO messaging_delivery (
        partner_id, endpoint_id, event_id, kind, state, attempts, replays, due_at, error, created_at
    )
    SELECT n.partner_id, e.id, n.id, n.kind, 'pending', 0, 0, %(at)s, '', %(at)s
    FROM news n JOIN messaging_webhookendpoint e
      ON e.partner_id = n.partner_id AND n.kind = ANY (e.events)
     AND e.deleted_at IS NULL AND e.state IN ('active', 'paused')
    ORDER BY n.id, e.id
    ON CONFLICT DO NOTHING
)
UPDATE loyalty_outboxevent o SET relayed_at = %(at)s FROM news WHERE o.id = news.id
"""
# Endpoints first, and only those that nobody else holds; of each no more than it may have under way. The oldest of
# every endpoint goes before the second of any.
_CLAIM = """
WITH ready AS MATERIALIZED (
    SELECT e.id, e.url, e.secret, e.former_secret, e.former_until FROM messaging_webhookendpoint e
    WHERE e.state = 'active' AND e.deleted_at IS NULL AND e.is_slow = %(slow)s AND EXISTS (
        SELECT FROM messaging_delivery d
        WHERE d.endpoint_id = e.id AND d.state IN ('pending', 'sending') AND d.due_at <= %(at)s)
    ORDER BY e.claimed_at NULLS FIRST, e.id LIMIT %(slots)s FOR NO KEY UPDATE SKIP LOCKED
), picked AS MATERIALIZED (
    SELECT one.id FROM ready r CROSS JOIN LATERAL (
        SELECT due.id, due.due_at, row_number() OVER (ORDER BY due.due_at, due.id) AS place FROM (
            SELECT d.id, d.due_at FROM messaging_delivery d
            WHERE d.endpoint_id = r.id AND d.state IN ('pending', 'sending') AND d.due_at <= %(at)s
            ORDER BY d.due_at, d.id LIMIT greatest(0, %(each)s - (
                SELECT count(*) FROM messaging_delivery s
                WHERE s.endpoint_id = r.id AND s.state = 'sending' AND s.due_at > %(at)s))
        ) due
    ) one ORDER BY one.place, one.due_at LIMIT %(slots)s
), taken AS (
    UPDATE messaging_delivery d SET state = 'sending', attempts = d.attempts + 1, due_at = %(lease)s FROM picked
    WHERE d.id = picked.id AND d.state IN ('pending', 'sending') AND d.due_at <= %(at)s
    RETURNING d.id, d.replays, d.attempts, d.endpoint_id, d.event_id
), marked AS (
    UPDATE messaging_webhookendpoint e SET claimed_at = %(at)s WHERE e.id IN (SELECT endpoint_id FROM taken)
)
SELECT t.id, t.replays, t.attempts, r.id, r.url, r.secret, r.former_secret, r.former_until,
    o.uid, o.kind, o.occurred_at, o.data
FROM taken t JOIN ready r ON r.id = t.endpoint_id JOIN loyalty_outboxevent o ON o.id = t.event_id ORDER BY t.id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One attempt that is ours to make; `keys` sign it."""

    delivery_id: int
    # A replay is another round, and counts its attempts anew.
    round: int
    attempt: int
    endpoint_id: int
    url: str
    keys: tuple[str, ...]
    event_uid: UUID
    kind: str
    occurred_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a reply, or the reason why there is none."""

    claimed: Claimed
    milliseconds: int
    reply: Reply | None = None
    refusal: DeliveryError | None = None

    @property
    def is_accepted(self) -> bool:
        return self.reply is not None and 200 <= self.reply.status < 300

    @property
    def error(self) -> DeliveryError:
        """Why it was not accepted."""
        if self.reply is None:
            return self.refusal or DeliveryError.BROKEN
        if self.reply.status == GONE:
            return DeliveryError.GONE
        return DeliveryError.REDIRECT if 300 <= self.reply.status < 400 else DeliveryError.STATUS


@transaction.atomic
def fan_out(*, at: datetime, most: int = 500) -> int:
    """Make deliveries of events that wait in the outbox; how many events. Safe to run twice and side by side."""
    with connection.cursor() as cursor:
        cursor.execute(_FAN_OUT, {"at": at, "most": most})
        return cursor.rowcount


@transaction.atomic
def claim(*, at: datetime, slots: int, is_slow: bool) -> list[Claimed]:
    """Take what is due, at most `slots` attempts: of endpoints that are slow or failing, or of all others."""
    question: dict[str, Any] = {
        "at": at,
        "lease": at + LEASE,
        "slots": slots,
        "slow": is_slow,
        "each": 1 if is_slow else AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, question)
        rows = cursor.fetchall()
    return [_claimed(row, at) for row in rows]


def _claimed(row: tuple[Any, ...], at: datetime) -> Claimed:
    delivery_id, number, attempt, endpoint_id, url, secret, former, former_until, uid, kind, occurred_at, data = row
    keys = signing_keys(
        secret=bytes(secret), former=None if former is None else bytes(former), former_until=former_until, at=at
    )
    plain = orjson.loads(data) if isinstance(data, str | bytes) else data
    return Claimed(delivery_id, number, attempt, endpoint_id, url, tuple(keys), uid, kind, occurred_at, plain)


@transaction.atomic
def settle(*, outcomes: Sequence[Outcome], at: datetime) -> None:
    """Write down what came of attempts, and what it says of their endpoints."""
    ids = {outcome.claimed.endpoint_id for outcome in outcomes}
    locked = WebhookEndpoint.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk")
    endpoints = {endpoint.pk: endpoint for endpoint in locked}
    for outcome in sorted(outcomes, key=lambda one: one.claimed.delivery_id):
        if _settle_delivery(outcome, at):
            _settle_endpoint(endpoints[outcome.claimed.endpoint_id], outcome, at)
    # By partner, because a switch may lock what the ledger keeps of the partner.
    for endpoint in sorted(endpoints.values(), key=lambda one: (one.partner_id, one.pk)):
        endpoint.save(
            update_fields=["state", "reason", "state_at", "failing_since", "warned_at", "delivered_at", "is_slow"]
        )


def _settle_delivery(outcome: Outcome, at: datetime) -> bool:
    """Whether the attempt was still ours to settle."""
    values: dict[str, Any] = {
        "last_at": at,
        "last_status": None if outcome.reply is None else outcome.reply.status,
        "last_ms": outcome.milliseconds,
    }
    if outcome.is_accepted:
        values |= {"state": DeliveryState.DELIVERED, "error": "", "finished_at": at}
    else:
        due_at = next_attempt(
            attempts=outcome.claimed.attempt,
            at=at,
            luck=random.random(),  # noqa: S311 - spreads load, keeps no secret
            asked=None if outcome.reply is None else read_retry_after(outcome.reply.retry_after, at=at),
        )
        values["error"] = outcome.error
        if due_at is None:
            values |= {"state": DeliveryState.FAILED, "finished_at": at}
        else:
            values |= {"state": DeliveryState.PENDING, "due_at": due_at}
    one = outcome.claimed
    held = Delivery.objects.filter(pk=one.delivery_id, replays=one.round, attempts=one.attempt)
    return bool(held.filter(state=DeliveryState.SENDING).update(**values))


def _settle_endpoint(endpoint: WebhookEndpoint, outcome: Outcome, at: datetime) -> None:
    if outcome.is_accepted:
        endpoint.failing_since, endpoint.warned_at, endpoint.delivered_at = None, None, at
        endpoint.is_slow = outcome.milliseconds > SLOW_MS
        return
    endpoint.is_slow = True
    endpoint.failing_since = endpoint.failing_since or at
    if endpoint.state != EndpointState.ACTIVE:
        return
    if outcome.error == DeliveryError.GONE:
        _stop(endpoint, EndpointState.DISABLED, EndpointReason.GONE, "webhook.disabled", at)
    elif is_worn_out(failing_since=endpoint.failing_since, at=at):
        _stop(endpoint, EndpointState.PAUSED, EndpointReason.FAILING, "webhook.paused", at)
    elif endpoint.warned_at is None and is_worrying(failing_since=endpoint.failing_since, at=at):
        endpoint.warned_at = at
        _publish(endpoint, at)


def _stop(endpoint: WebhookEndpoint, state: EndpointState, reason: EndpointReason, action: str, at: datetime) -> None:
    before = endpoint.state
    switch(endpoint, state, reason, at)
    outbox.forget_listeners()
    audit.record(
        actor=SYSTEM,
        action=action,
        target=endpoint,
        partner_id=endpoint.partner_id,
        changes={"state": (before, state.value), "reason": ("", reason.value)},
        at=at,
    )
    _publish(endpoint, at)


def _publish(endpoint: WebhookEndpoint, at: datetime) -> None:
    events.publish(
        WebhookFailed(
            partner_id=endpoint.partner_id,
            endpoint_id=endpoint.pk,
            url=endpoint.url,
            state=endpoint.state,
            failing_since=endpoint.failing_since or at,
            at=at,
        )
    )
