"""Promise F1 at its full size: events made while real workers are killed, Redis is wiped and receivers fail."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson
import pytest
from django.db import connections, transaction
from django.utils import timezone

from loyalty.limits.limiter import default_limiter
from loyalty.models import OutboxEvent
from loyalty.outbound.tests.servers import FeedServer, serving, status
from loyalty.services.audit import SYSTEM
from loyalty.services.outbox import record_event
from loyalty.tests.workers import Broker, kill, until
from messaging.models import Delivery
from messaging.services.replays import replay_delivery
from messaging.services.webhook_relay import SLOTS
from messaging.tests.endpoints import EndpointFactory, open_to
from partners.models import Partner

QUEUE, SWEEP = "messaging", "messaging.relay_webhooks"
PARTNERS = 8
KILLS = 5
WIPED_AT = {2, 4}
KIND = "points.awarded"
UNDONE = -1


class Receiver:
    """Accepts most events; of some the first attempt is refused, of some the connection breaks after they came."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.failed = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        event_id = handler.headers["webhook-id"]
        is_new = event_id not in self.seen
        self.seen.add(event_id)
        chance = int(event_id[-4:], 16) % 100
        if is_new and chance < 3:
            self.failed += 1
            if chance == 0:
                handler.close_connection = True
                return
            status(500)(handler)
            return
        status(200)(handler)


class UndoneError(Exception):
    """The cause of an event fails at last."""


def _happen(partner_id: int, number: int) -> None:
    """One cause in its own transaction; of every twentieth nothing comes, so nothing may be told."""
    record_event(partner_id=partner_id, kind=KIND, data={"number": number}, at=timezone.now())
    try:
        with transaction.atomic():
            if number % 20 == 0:
                record_event(partner_id=partner_id, kind=KIND, data={"number": UNDONE}, at=timezone.now())
                raise UndoneError
    except UndoneError:
        pass


def _produce(partners: list[Partner], numbers: range) -> None:
    try:
        for number in numbers:
            _happen(partners[number % len(partners)].pk, number)
    finally:
        connections.close_all()


@contextmanager
def _sweeping(broker: Broker) -> Iterator[None]:
    """The scheduler, with two seconds for its minute."""
    is_over = threading.Event()

    def sweep() -> None:
        while not is_over.wait(2.0):
            broker.send(SWEEP)

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _delivered() -> int:
    return Delivery.objects.filter(state="delivered").count()


def _try_stragglers_now() -> None:
    """What failed after an attempt that died waits five minutes by the schedule; an owner need not."""
    for row in Delivery.objects.filter(state="pending", last_at__isnull=False).select_related("partner"):
        replay_delivery(
            actor=SYSTEM, partner=row.partner, endpoint_id=row.endpoint_id, delivery_id=row.pk, at=timezone.now()
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [pytest.param(10_000, marks=pytest.mark.slow)])
def test_no_event_is_lost_whatever_dies(count: int, monkeypatch: Any, settings: Any, record_property: Any) -> None:
    begun, receiver, broker = time.monotonic(), Receiver(), Broker()
    with serving(receiver) as server:
        open_to(monkeypatch, settings, server)
        partners = [EndpointFactory(url=server.url(f"/{number}")).partner for number in range(PARTNERS)]
        with ThreadPoolExecutor(2) as pool, _sweeping(broker):
            made = [pool.submit(_produce, partners, range(half, count, 2)) for half in range(2)]
            _kill_five_times(broker, server, count)
            for one in made:
                one.result()
            _bring_out_the_rest(broker, receiver, server, count)
    record_property("said", f"{count} events in {time.monotonic() - begun:.0f} s, {len(server.told)} attempts")
    _check(receiver, server, count)
    connections.close_all()


def _worker(broker: Broker, server: FeedServer) -> Any:
    return broker.worker(
        QUEUE, concurrency=2, DEBUG="1", WEBHOOK_ALLOWS_HTTP="1", OUTBOUND_LOOPBACK_PORTS=str(server.port)
    )


def _kill_five_times(broker: Broker, server: FeedServer, count: int) -> None:
    for number in range(KILLS):
        goal = len(server.told) + count // (KILLS + 3)
        broker.put_back()
        with _worker(broker, server) as child:
            until(lambda goal=goal: len(server.told) >= goal, 240)
            kill(child)
        if number in WIPED_AT:
            broker.wipe()
            default_limiter().link.client.flushdb()
    assert _delivered() < count, "nobody was killed in the middle"


def _bring_out_the_rest(broker: Broker, receiver: Receiver, server: FeedServer, count: int) -> None:
    broker.put_back()
    with _worker(broker, server):
        until(lambda: len(receiver.seen) == count, 600)
        until(lambda: OutboxEvent.objects.filter(relayed_at=None).count() == 0, 60)
        end = time.monotonic() + 300
        while _delivered() < count:
            assert time.monotonic() < end, list(Delivery.objects.exclude(state="delivered").values())[:5]
            _try_stragglers_now()
            time.sleep(3)


def _check(receiver: Receiver, server: FeedServer, count: int) -> None:
    """All of them arrived, nothing that was undone; what came twice came under one id with the same bytes."""
    said: dict[str, set[bytes]] = {}
    times: Counter[str] = Counter()
    # Of a sender that was killed while it wrote, a part came.
    whole = [(headers, body) for headers, body in server.told if len(body) == int(headers["Content-Length"])]
    assert len(server.told) - len(whole) <= KILLS * SLOTS
    for headers, body in whole:
        said.setdefault(headers["webhook-id"], set()).add(body)
        times[headers["webhook-id"]] += 1
    events = {event.public_id: event.data["number"] for event in OutboxEvent.objects.all()}
    assert sorted(events.values()) == list(range(count))
    assert set(said) == set(events)
    assert [bodies for bodies in said.values() if len(bodies) != 1] == []
    told = {event_id: orjson.loads(body)["data"]["number"] for event_id, (body,) in said.items()}
    assert told == events
    assert Delivery.objects.filter(state="delivered").count() == Delivery.objects.count() == count
    assert receiver.failed > 0
    again = sum(times.values()) - count
    assert again <= receiver.failed + KILLS * SLOTS
