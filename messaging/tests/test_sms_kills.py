"""kill -9 of a real worker while it sends: nothing is lost or paid twice, and a provider with keys has each once."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from loyalty.outbound.tests.servers import serving
from loyalty.tests.workers import Broker, kill, until
from messaging.models import SmsAccount, SmsMessage
from messaging.services.partner_sms import Order, send_for_partner
from messaging.tests.smpp_server import smsc
from messaging.tests.sms_factories import SmsAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)
SEND, SWEEP, LINE = "messaging.send_sms", "messaging.send_waiting_sms", "messaging.look_after_sms_line"
PRICE = Decimal("0.0556")


class Provider:
    """Takes a message once by its Idempotency-Key; holds its breath when told to."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.taken: dict[str, str] = {}
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        key = handler.headers["Idempotency-Key"]
        self.asked[key] += 1
        named = self.taken.setdefault(key, f"P-{key}")
        self.may_answer.wait(60)
        raw = json.dumps({"data": {"message_id": named}}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)


@pytest.fixture
def broker() -> Iterator[Broker]:
    yield Broker()
    connections.close_all()


def queue(account: SmsAccount, number: int) -> list[SmsMessage]:
    return [
        send_for_partner(
            partner=account.partner,
            order=Order(source="Coffee", destination=f"+3706000{n:04}", text=f"Message {n}"),
            at=timezone.now(),
        ).message
        for n in range(number)
    ]


def end_of_leases() -> None:
    """As if every lease and pause had run out."""
    SmsMessage.objects.filter(status__in=("queued", "sending")).update(due_at=timezone.now() - timedelta(seconds=1))


def sent() -> int:
    return SmsMessage.objects.filter(status="sent").count()


def test_a_worker_killed_among_messages_by_http_loses_none_and_none_arrives_twice(
    broker: Broker, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    provider = Provider()
    with serving(provider) as server:
        monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", str(server.port))
        account = SmsAccountFactory(kind="http", base_url=server.url("/lt"), username="lty_k", password="s")
        messages = queue(account, 30)
        own = {"DEBUG": "1", "OUTBOUND_LOOPBACK_PORTS": str(server.port)}
        for message in messages:
            broker.send(SEND, sms_message_id=message.pk)
        with broker.worker("messaging", **own) as child:
            until(lambda: sent() >= 5)
            provider.may_answer.clear()
            before = sum(provider.asked.values())
            until(lambda: sum(provider.asked.values()) > before or SmsMessage.objects.filter(status="sending").exists())
            kill(child)  # the provider has it, and we do not know it
        provider.may_answer.set()
        assert 5 <= sent() < 30
        broker.put_back()
        end_of_leases()
        with broker.worker("messaging", **own):
            for _ in range(2):  # two schedulers
                broker.send(SWEEP)
            until(lambda: sent() == 30)
        assert set(provider.taken) == {f"sms-{message.pk}" for message in messages}
        again = [key for key, times in provider.asked.items() if times > 1]
        assert len(again) <= 1, "only the one in flight was asked for again, under its key"
    account.refresh_from_db()
    assert account.balance == 10 - 30 * PRICE
    assert not SmsMessage.objects.exclude(refunded_at=None).exists()


def test_a_worker_killed_on_an_smpp_line_loses_none_and_the_next_takes_the_line(
    broker: Broker, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SMPP has no key: the one whose answer nobody heard is asked for again, as every client of it must."""
    settings.DEBUG = True
    with smsc(delay=0.2) as server:
        monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", str(server.port))
        account = SmsAccountFactory(
            kind="smpp", host="127.0.0.1", port=server.port, username="coffee", password="secret"
        )
        messages = queue(account, 12)
        own = {"DEBUG": "1", "OUTBOUND_LOOPBACK_PORTS": str(server.port)}
        broker.send(LINE, sms_account_id=account.pk)
        with broker.worker("messaging", **own) as child:
            until(lambda: sent() >= 3)
            kill(child)
        assert 3 <= sent() < 12
        broker.put_back()
        end_of_leases()
        with broker.worker("messaging", **own):
            broker.send(SWEEP)
            until(lambda: sent() == 12)
        texts = Counter(server.texts)
        assert set(texts) == {message.text.encode() for message in messages}
        assert sum(times - 1 for times in texts.values()) <= 1
        assert server.most_lines <= 2
    account.refresh_from_db()
    assert account.balance == 10 - 12 * PRICE
