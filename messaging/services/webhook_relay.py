"""The relay: hands events of the outbox to endpoints, posts what is due, and writes down what came of it.

One process at a time does it, with many attempts under way at once, so that a slow endpoint holds a thread and nobody
else. That it is one is only thrift, kept in Redis: two relays, or one that was killed, never lose or double a claim.
"""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from logging import getLogger

from django.conf import settings

from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.posting import Reply, post
from loyalty.outbound.targets import Allowance, OutboundRefusedError
from messaging.choices import DeliveryError
from messaging.rules.webhook_signing import body_of, headers_of
from messaging.selectors.deliveries import is_anything_due_across_partners
from messaging.services.deliveries import SECONDS, Claimed, Outcome, claim, fan_out, settle
from messaging.services.webhook_turn import Turn

logger = getLogger("messaging.webhooks")

SLOTS = 32
# Endpoints that failed or were slow share these, however many they are.
SLOW_SLOTS = 12
# Others wait for the worker too: whatever is left is for the next run.
RUN_SECONDS = 20.0
POLL_SECONDS = 0.2
Clock = Callable[[], datetime]
Flight = Future[Outcome]


def relay(*, clock: Clock, turn: Turn, seconds: float = RUN_SECONDS) -> bool:
    """Bring out what waits, until nothing is due or the time is over. Whether something is left for another run."""
    if not turn.take():
        return False
    is_left = True
    with ThreadPoolExecutor(SLOTS, thread_name_prefix="webhook") as pool:
        run = _Run(pool, clock, configured_allowance())
        end = time.monotonic() + seconds
        while time.monotonic() < end and turn.keep():
            moved = run.begin()
            if not run.flights:
                if moved:
                    continue
                is_left = False
                break
            run.collect(POLL_SECONDS)
        while run.flights:
            turn.keep()
            run.collect(POLL_SECONDS)
    is_ended = turn.end()
    # Whoever was woken after our last look found the turn taken and went away: look once more.
    return is_left or (is_ended and run.has_news())


class _Run:
    """What one relay has under way."""

    def __init__(self, pool: ThreadPoolExecutor, clock: Clock, allowance: Allowance) -> None:
        self.pool, self.clock, self.allowance = pool, clock, allowance
        # Whether an attempt is one of a slow endpoint.
        self.flights: dict[Flight, bool] = {}

    def begin(self) -> bool:
        """Start what is due and fits; whether there was anything to do."""
        moved = fan_out(at=self.clock()) > 0
        for is_slow in (False, True):
            slots = SLOTS - len(self.flights)
            if is_slow:
                slots = min(slots, SLOW_SLOTS - sum(self.flights.values()))
            for one in claim(at=self.clock(), slots=slots, is_slow=is_slow) if slots > 0 else ():
                self.flights[self.pool.submit(attempt, one, self.clock(), self.allowance)] = is_slow
                moved = True
        return moved

    def collect(self, seconds: float) -> None:
        """Wait for the next attempts to end and write them down."""
        done, _open = wait(self.flights, timeout=seconds, return_when=FIRST_COMPLETED)
        if done:
            settle(outcomes=[flight.result() for flight in done], at=self.clock())
            for flight in done:
                del self.flights[flight]

    def has_news(self) -> bool:
        return fan_out(at=self.clock()) > 0 or is_anything_due_across_partners(at=self.clock())


def attempt(one: Claimed, at: datetime, allowance: Allowance) -> Outcome:
    """Post an event once. Runs in a thread of its own, never touches the database, and never raises."""
    started = time.monotonic()
    reply, refusal = None, None
    try:
        reply = _post(one, at, allowance)
    except OutboundRefusedError as refused:
        known = refused.reason in DeliveryError.values
        refusal = DeliveryError(refused.reason) if known else DeliveryError.ADDRESS
    except Exception:
        # One event that cannot be sent must not keep all others.
        logger.exception("webhook", extra={"delivery": one.delivery_id})
        refusal = DeliveryError.BROKEN
    milliseconds = int((time.monotonic() - started) * 1000)
    return Outcome(one, milliseconds, reply, refusal if one.keys else DeliveryError.SECRET)


def _post(one: Claimed, at: datetime, allowance: Allowance) -> Reply | None:
    if not one.keys:
        return None
    event_id = f"evt_{one.event_uid.hex}"
    body = body_of(event_id=event_id, kind=one.kind, occurred_at=one.occurred_at, data=one.data)
    return post(
        one.url,
        body,
        headers=headers_of(event_id=event_id, at=at, body=body, keys=one.keys),
        seconds=SECONDS,
        allows_http=settings.WEBHOOK_ALLOWS_HTTP,
        allowance=allowance,
    )
