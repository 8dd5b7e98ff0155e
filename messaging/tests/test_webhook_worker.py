"""With the real parts: workers that are killed, a broker that is wiped, receivers that hold us up (promises F1, F5)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings as conf
from django.db import connection, connections, transaction
from django.utils import timezone

from loyalty.celery import app
from loyalty.limits.limiter import default_limiter
from loyalty.models import OutboxEvent
from loyalty.outbound.tests.servers import serving, status
from loyalty.services.outbox import record_event
from messaging.models import Delivery
from messaging.services import deliveries
from messaging.services.webhook_turn import wake
from messaging.tasks import relay_webhooks
from messaging.tests.endpoints import EndpointFactory, happen, open_to, run_relay
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
# A process of its own that relays until it is killed, in this test's database.
RELAY = """
import django, time
django.setup()
from django.utils import timezone
from messaging.services.webhook_relay import relay
from messaging.services.webhook_turn import Turn
while True:
    relay(clock=timezone.now, turn=Turn(), seconds=5.0)
    time.sleep(0.02)
"""


@contextmanager
def worker() -> Iterator[None]:
    app.loader.import_default_modules()
    with start_worker(app, pool="solo", queues=["messaging"], perform_ping_check=False, loglevel="ERROR"):
        yield


@contextmanager
def relaying() -> Iterator["subprocess.Popen[bytes]"]:
    """The relay as a process of the system, killed with -9 at the end."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": conf.REDIS_URL, "DEBUG": "1"}
    process = subprocess.Popen([sys.executable, "-c", RELAY], env=environment, cwd=conf.BASE_DIR)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()


def wait_until(said: Any, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if said():
            return
        time.sleep(0.05)
    raise AssertionError(list(Delivery.objects.values_list("state", "error", "attempts"))[:20])


def test_an_event_is_brought_out_by_a_worker_after_its_commit(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        partner = PartnerFactory()
        EndpointFactory(partner=partner, url=server.url())
        with worker():
            with transaction.atomic():
                record_event(partner_id=partner.pk, kind="points.awarded", data={"points": 5}, at=timezone.now())
                assert server.told == []
            wait_until(lambda: server.told)
            wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 1)
    connections.close_all()


def test_an_event_whose_wake_up_was_wiped_goes_out_with_the_next_sweep(monkeypatch: Any, settings: Any) -> None:
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        partner = PartnerFactory()
        EndpointFactory(partner=partner, url=server.url())
        record_event(partner_id=partner.pk, kind="points.awarded", data={}, at=timezone.now())
        default_limiter().link.client.flushdb()
        with app.connection_or_acquire() as broker:
            broker.default_channel.client.delete("messaging")
        assert server.told == []
        relay_webhooks.run()
        assert len(server.told) == 1


def test_a_broker_that_is_away_does_not_fail_the_cause(monkeypatch: Any) -> None:
    partner = PartnerFactory()
    EndpointFactory(partner=partner)

    def away(*args: Any, **kwargs: Any) -> Any:
        raise OSError("nobody there")

    monkeypatch.setattr("loyalty.services.jobs.app.signature", away)
    record_event(partner_id=partner.pk, kind="points.awarded", data={}, at=timezone.now())
    assert OutboxEvent.objects.filter(relayed_at=None).count() == 1


def test_relays_that_are_killed_lose_nothing_and_repeat_under_the_same_id(monkeypatch: Any, settings: Any) -> None:
    """Three are killed -9 in the middle, Redis is wiped twice; every event arrives, each under one id."""
    count = 120
    monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", "")

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.05)
        status(200)(handler)

    with serving(slowly) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(url=server.url())
        ids = {happen(endpoint.partner, at=timezone.now(), number=number).public_id for number in range(count)}
        for round_ in range(3):
            before = len(server.told)
            with relaying():
                wait_until(lambda before=before: len(server.told) >= before + 15)
            if round_:
                default_limiter().link.client.flushdb()
            # As if the lease of what died with it were over.
            Delivery.objects.filter(state="sending").update(due_at=timezone.now())
            default_limiter().link.client.delete("loyalty:webhooks:turn")
        assert Delivery.objects.filter(state="delivered").count() < count, "nobody was killed in the middle"
        with relaying():
            wait_until(lambda: Delivery.objects.filter(state="delivered").count() == count)
        told = [headers["webhook-id"] for headers, _body in server.told]
    assert set(told) == ids
    assert len(told) < count + 3 * deliveries.AT_ONCE + 1
    assert Delivery.objects.exclude(state="delivered").count() == 0


@pytest.mark.slow
def test_five_hostile_endpoints_of_fifty_hold_up_nobody(monkeypatch: Any, settings: Any) -> None:
    """Drips, silence and refusals; the others' events arrive within five seconds (p95)."""
    _hostile(monkeypatch, settings, endpoints=50, hostile=5)


def test_two_hostile_endpoints_of_twelve_hold_up_nobody(monkeypatch: Any, settings: Any) -> None:
    monkeypatch.setattr("messaging.services.webhook_relay.SECONDS", 6.0)
    _hostile(monkeypatch, settings, endpoints=12, hostile=2)


def _hostile(monkeypatch: Any, settings: Any, *, endpoints: int, hostile: int) -> None:
    arrived: list[float] = []

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(30):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(1)

    def quick(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(time.monotonic())
        status(200)(handler)

    with serving(quick) as good, serving(drip) as bad:
        open_to(monkeypatch, settings, good, bad)
        partner = PartnerFactory()
        for number in range(endpoints):
            server = bad if number < hostile else good
            EndpointFactory(partner=partner, url=server.url(f"/{number}"))
        for _ in range(6):
            happen(partner, at=timezone.now())
        started, turns = time.monotonic(), 1
        run_relay(seconds=3.0)
        if len(arrived) < 6 * (endpoints - hostile):
            # What a busy machine did not manage in that time goes out with the next turn, as it would by the schedule.
            run_relay(seconds=3.0)
            turns = 2
    delays = sorted(moment - started for moment in arrived)
    assert len(delays) == 6 * (endpoints - hostile)
    assert delays[int(len(delays) * 0.95)] < 5.0
    assert len(bad.asked) <= turns * hostile * deliveries.AT_ONCE


def test_two_relays_at_once_send_each_event_once(monkeypatch: Any, settings: Any) -> None:
    """Two connections claim side by side, as without Redis: no event is claimed twice."""
    for _ in range(8):
        endpoint = EndpointFactory()
        for _ in range(3):
            happen(endpoint.partner, at=timezone.now())
    at = timezone.now()

    def claims(_number: int) -> list[int]:
        try:
            deliveries.fan_out(at=at, most=5)
            return [one.delivery_id for _ in range(4) for one in deliveries.claim(at=at, slots=5, is_slow=False)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        taken = [pk for ids in pool.map(claims, range(8)) for pk in ids]
    assert len(taken) == len(set(taken))
    assert OutboxEvent.objects.filter(relayed_at=None).count() == 0
    assert Delivery.objects.count() == 24
    wake()
