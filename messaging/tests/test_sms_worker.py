"""With the real parts: a worker takes the task from the broker and brings the message out."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections
from django.utils import timezone

from loyalty.celery import app
from messaging.models import SmsMessage
from messaging.services.sms import queue_sms

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def worker() -> Iterator[None]:
    app.loader.import_default_modules()
    with start_worker(app, pool="solo", queues=["messaging"], perform_ping_check=False, loglevel="ERROR"):
        yield


def wait_for(message: SmsMessage, status: str) -> SmsMessage:
    deadline = time.monotonic() + 20
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
