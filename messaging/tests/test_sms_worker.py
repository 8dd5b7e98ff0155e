"""With the real parts: a worker takes the task from the broker and brings the message out."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections
from django.utils import timezone

from loyalty.celery import app
from loyalty.outbound.tests.servers import serving
from loyalty.tests.workers import environment
from messaging.models import SmsMessage
from messaging.services.partner_sms import Order, send_for_partner
from messaging.services.sms import queue_sms
from messaging.services.sms_delivery import LEASE, deliver_sms
from messaging.tests.sms_factories import SmsAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def worker() -> Iterator[None]:
    app.loader.import_default_modules()
    with start_worker(app, pool="solo", queues=["messaging"], perform_ping_check=False, loglevel="ERROR"):
        yield


def wait_for(message: SmsMessage, status: str) -> SmsMessage:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        message.refresh_from_db()
        if message.status == status:
            return message
        time.sleep(0.05)
    raise AssertionError(message.status)


def test_a_queued_message_is_sent_by_a_worker(settings: Any) -> None:
    settings.SMS_GATEWAY = "messaging.gateways.database.DatabaseGateway"
    text = "Your code is 482913."
    waiting = queue_sms(partner=None, phone="+37060000001", text=text, purpose="otp", at=timezone.now())
    with worker():
        sent = wait_for(waiting, "sent")
        later = queue_sms(partner=None, phone="+37060000002", text=text, purpose="otp", at=timezone.now())
        wait_for(later, "sent")
    connections.close_all()
    assert (sent.attempts, sent.error) == (1, "")


class Provider:
    """Takes each message once by its Idempotency-Key, as contract 11's provider does."""

    def __init__(self) -> None:
        self.taken: dict[str, str] = {}

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        key = handler.headers["Idempotency-Key"]
        named = self.taken.setdefault(key, f"P-{len(self.taken) + 1}")
        raw = json.dumps({"data": {"message_id": named}}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_sender_killed_in_the_middle_loses_nothing_and_nobody_gets_it_twice(
    where: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    provider = Provider()
    with serving(provider) as server:
        monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", str(server.port))
        account = SmsAccountFactory(kind="http", base_url=server.url("/lt"), username="lty_k", password="s")
        at = timezone.now()
        order = Order(source="Coffee", destination="+37060000001", text="Hello")
        message = send_for_partner(partner=account.partner, order=order, at=at).message
        child = subprocess.Popen(
            [sys.executable, "-m", "messaging.tests.sms_worker", str(message.pk), where],
            env=environment(DEBUG="1"),
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert child.stdout.readline().strip() == "here"
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait(60)
            child.stdout.close()
        message.refresh_from_db()
        assert (message.status, message.is_handed, message.attempts) == ("sending", True, 1)
        assert deliver_sms(sms_message_id=message.pk, at=timezone.now()) is None
        done = deliver_sms(sms_message_id=message.pk, at=timezone.now() + LEASE)
        assert (done.status, done.external_id, done.attempts) == ("sent", "P-1", 2)
        assert provider.taken == {f"sms-{message.pk}": "P-1"}
        account.refresh_from_db()
        assert account.balance == 10 - message.cost
    connections.close_all()
