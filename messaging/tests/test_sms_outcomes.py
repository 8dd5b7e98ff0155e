"""What becomes of an SMS: by its own account's provider, by receipts, in money, and told to the partner's address."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from loyalty.errors import UnavailableError
from loyalty.outbound.tests.servers import FeedServer, plain, serving
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from messaging import tasks
from messaging.choices import SmsStatus
from messaging.models import Consent, SmsAccount, SmsMessage, SmsReceipt
from messaging.selectors.sms import list_lines_across_partners, list_waiting_across_partners
from messaging.selectors.sms_receipts import list_waiting_receipts_across_partners
from messaging.services.partner_sms import Order, send_for_partner
from messaging.services.sms import queue_sms
from messaging.services.sms_delivery import deliver_sms
from messaging.services.sms_lines import run_line
from messaging.services.sms_links import receipt_token
from messaging.services.sms_receipts import PAUSES, deliver_receipt
from messaging.services.sms_states import note_outcome
from messaging.services.sms_tests import try_connection
from messaging.tests.smpp_server import Smsc, deliver, receipt, smsc
from messaging.tests.sms_factories import SmsAccountFactory
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
PHONE = "+37060000001"
COST = Decimal("0.0556")


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.DEBUG = True
    ports: list[str] = []

    def add(port: int) -> None:
        ports.append(str(port))
        monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", ",".join(ports))

    return add


def send(account: SmsAccount, text: str = "Hello", at: datetime = AT, **order: Any) -> SmsMessage:
    wished = Order(source="Coffee", destination=PHONE, text=text, **order)
    return send_for_partner(partner=account.partner, order=wished, at=at).message


def balance(account: SmsAccount) -> Decimal:
    return SmsAccount.objects.get(pk=account.pk).balance


def sent_message(**values: Any) -> SmsMessage:
    message = send(SmsAccountFactory(), **values)
    deliver_sms(sms_message_id=message.pk, at=AT)
    message.refresh_from_db()
    assert message.status == "sent"
    return message


# --- Which provider, and whose money


@pytest.mark.django_db
def test_a_code_goes_through_the_partners_account_and_without_one_through_the_platforms(settings: Any) -> None:
    settings.SMS_GATEWAY = ""  # the platform has none: only the account's own way is left
    account = SmsAccountFactory()
    message = queue_sms(partner=account.partner, phone=PHONE, text="Code 123456", purpose="otp", at=AT)
    assert (message.account, message.sender, message.cost, message.country) == (account, "Coffee", COST, "LT")
    assert balance(account) == 10 - COST
    assert deliver_sms(sms_message_id=message.pk, at=AT).status == "sent"
    settings.SMS_GATEWAY = "messaging.gateways.database.DatabaseGateway"
    free = queue_sms(partner=PartnerFactory(), phone=PHONE, text="Code 123456", purpose="otp", at=AT)
    assert (free.account, free.sender, free.cost, free.currency) == (None, "Loyalty", 0, "")


@pytest.mark.django_db
def test_a_code_is_not_promised_on_an_empty_account() -> None:
    account = SmsAccountFactory(balance=0)
    with pytest.raises(UnavailableError) as refusal:
        queue_sms(partner=account.partner, phone=PHONE, text="Code 123456", purpose="otp", at=AT)
    assert refusal.value.code == "SMS_SEND_FAILED"
    assert SmsMessage.objects.count() == 0


@pytest.mark.django_db
def test_what_the_platform_pays_for_strangers_has_an_end_each_day(settings: Any) -> None:
    settings.SMS_DAILY_LIMIT = 2
    for minutes in (0, 60):
        queue_sms(partner=None, phone=PHONE, text="1", purpose="otp", at=AT + timedelta(minutes=minutes))
    with pytest.raises(UnavailableError) as refusal:
        queue_sms(partner=None, phone=PHONE, text="2", purpose="otp", at=AT + timedelta(minutes=61))
    assert (refusal.value.code, refusal.value.retry_after) == ("SMS_DAILY_LIMIT_REACHED", 23 * 3600 - 60 + 1)
    queue_sms(partner=PartnerFactory(), phone=PHONE, text="3", purpose="otp", at=AT + timedelta(minutes=61))
    queue_sms(partner=None, phone=PHONE, text="4", purpose="otp", at=AT + timedelta(hours=24, seconds=1))


@pytest.mark.django_db(transaction=True)
def test_the_daily_end_holds_for_eight_at_once(settings: Any) -> None:
    settings.SMS_DAILY_LIMIT = 3

    def ask() -> bool:
        try:
            queue_sms(partner=None, phone=PHONE, text="1", purpose="otp", at=AT)
        except UnavailableError:
            return False
        return True

    assert sum(together([ask] * 8)) == SmsMessage.objects.count() == 3


@pytest.mark.django_db
def test_an_account_that_keeps_messages_in_the_database_sends_nothing_in_production(settings: Any) -> None:
    account = SmsAccountFactory()
    message = send(account)
    settings.SMS_SHOWS_CODES = False
    with pytest.raises(UnavailableError):
        deliver_sms(sms_message_id=message.pk, at=AT)
    message.refresh_from_db()
    assert (message.status, message.error, message.is_handed) == ("queued", "not in production", False)


# --- HTTP, with what goes wrong on the way


class Provider:
    """Answers each POST with the next of `answers`, and keeps the bodies."""

    def __init__(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.answers = list(answers)

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        raw = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)


def http_account(server: FeedServer) -> SmsAccount:
    return SmsAccountFactory(
        kind="http", base_url=server.url("/lt"), username="lty_k", password="s", connection_timeout=2
    )


@pytest.mark.django_db
def test_a_provider_that_fails_twice_gets_it_the_third_time_under_the_same_key(reach: Any) -> None:
    provider = Provider((503, {}), (503, {}), (200, {"data": {"message_id": "P-9"}}))
    with serving(provider) as server:
        reach(server.port)
        account = http_account(server)
        message, at = send(account), AT
        for _ in range(2):
            with pytest.raises(UnavailableError):
                deliver_sms(sms_message_id=message.pk, at=at)
            message.refresh_from_db()
            assert message.status == "queued"
            at = message.due_at
        done = deliver_sms(sms_message_id=message.pk, at=at)
        assert (done.status, done.external_id, done.attempts) == ("sent", "P-9", 3)
        assert {headers["Idempotency-Key"] for headers, _body in server.told} == {f"sms-{message.pk}"}
        assert balance(account) == 10 - COST


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "refunded"),
    [
        # Refused at once: it never left.
        ([(422, {"code": 2002})], True),
        ([(402, {"code": 1002}), (422, {"code": 2002})], True),
        # After a 503 nobody knows.
        ([(503, {}), (422, {"code": 2002})], False),
    ],
)
def test_what_certainly_never_left_gives_its_money_back(reach: Any, answers: Any, refunded: bool) -> None:
    with serving(Provider(*answers)) as server:
        reach(server.port)
        account = http_account(server)
        message, at = send(account), AT
        for _ in answers[:-1]:
            with pytest.raises(UnavailableError):
                deliver_sms(sms_message_id=message.pk, at=at)
            message.refresh_from_db()
            at = message.due_at
        done = deliver_sms(sms_message_id=message.pk, at=at)
    assert (done.status, done.error) == ("failed", "refused: 2002")
    assert (done.refunded_at is not None) is refunded
    assert balance(account) == (10 if refunded else 10 - COST)


@pytest.mark.django_db
def test_an_uncertain_message_that_runs_out_of_time_keeps_its_cost_and_a_late_receipt_is_believed_before(
    reach: Any,
) -> None:
    with serving(Provider((503, {}))) as server:
        reach(server.port)
        account = http_account(server)
        messages = [send(account, text) for text in ("a", "b")]
        for message in messages:
            with pytest.raises(UnavailableError):
                deliver_sms(sms_message_id=message.pk, at=AT)
    # It had arrived after all: the receipt ends it, and nothing is sent again.
    assert note_outcome(messages[0], status="delivered", error="", external_id="P-1", at=AT)
    later = AT + timedelta(hours=25)
    for message in messages:
        deliver_sms(sms_message_id=message.pk, at=later)
        message.refresh_from_db()
    assert [(one.status, one.refunded_at) for one in messages] == [("delivered", None), ("expired", None)]
    assert balance(account) == 10 - 2 * COST


@pytest.mark.django_db(transaction=True)
def test_a_message_that_expires_under_eight_sweeps_is_paid_back_once() -> None:
    account = SmsAccountFactory()
    message = send(account)
    late = AT + timedelta(days=2)
    together([lambda: deliver_sms(sms_message_id=message.pk, at=late)] * 8)
    message.refresh_from_db()
    assert (message.status, message.refunded_at) == ("expired", late)
    assert balance(account) == 10


# --- Receipts that come in


def call(message: SmsMessage, expect: int = 200, token: str | None = None, /, **body: Any) -> Any:
    path = f"/en/sms/receipts/{token or receipt_token(message.pk)}"
    answer = Client().post(path, json.dumps(body), content_type="application/json")
    assert answer.status_code == expect, answer.content
    return answer.json()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "status", "shown"),
    [
        ("DELIVERED", "delivered", "delivered"),
        ("FAILED", "failed", "failed"),
        ("UNDELIVERABLE", "undeliverable", "failed"),
        ("SENT", "sent", "sent"),
        ("nonsense", "sent", "sent"),
    ],
)
def test_a_providers_call_ends_a_message(said: str, status: str, shown: str) -> None:
    message = sent_message()
    assert call(message, id="P-1", externalId="x", status=said, recipient=PHONE, error="absent")["success"] is True
    message.refresh_from_db()
    assert message.status == status
    is_bad = status in {"failed", "undeliverable"}
    assert (message.failed_at is not None, message.error) == (is_bad, "absent" if is_bad else "")
    assert message.refunded_at is None  # it had left


@pytest.mark.django_db
def test_what_comes_late_or_twice_changes_nothing_that_is_final() -> None:
    message = sent_message(receipt_url="https://coffee.example/r")
    call(message, status="DELIVERED")
    before = SmsMessage.objects.values().get(pk=message.pk)
    for said in ("DELIVERED", "FAILED", "UNDELIVERABLE", "SENT"):
        call(message, status=said)
    assert SmsMessage.objects.values().get(pk=message.pk) == before
    assert list(SmsReceipt.objects.order_by("pk").values_list("status", flat=True)) == ["SENT", "DELIVERED"]


@pytest.mark.django_db
def test_what_never_left_is_not_delivered_by_any_receipt() -> None:
    message = send(SmsAccountFactory())
    call(message, status="DELIVERED")
    message.refresh_from_db()
    assert message.status == "queued"


@pytest.mark.django_db
def test_a_guessed_address_is_404_and_an_error_is_not_echoed() -> None:
    message = sent_message()
    token = receipt_token(message.pk)
    for wrong in (
        f"{message.pk}.x",
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        "x",
        f"{message.pk + 1}.{token.split('.')[1]}",
    ):
        assert call(message, 404, wrong, status="DELIVERED")["code"] == "RESOURCE_NOT_FOUND"
    call(message, 422)
    call(message, status="FAILED", error="<script>alert(1)</script>")
    message.refresh_from_db()
    assert (message.status, message.error) == ("failed", "")


@pytest.mark.django_db(transaction=True)
def test_of_eight_receipts_at_once_one_counts() -> None:
    message = sent_message(receipt_url="https://coffee.example/r")
    said = ["delivered", "failed", "undeliverable", "expired"] * 2
    done = together(
        [
            lambda status=status: note_outcome(
                SmsMessage.objects.get(pk=message.pk), status=status, error="", external_id="", at=AT
            )
            for status in said
        ]
    )
    assert sum(done) == 1
    assert SmsReceipt.objects.filter(message=message).count() == 2


# --- SMPP, by whoever holds the line


@pytest.fixture
def server(reach: Any) -> Iterator[Smsc]:
    with smsc() as state:
        reach(state.port)
        yield state


def smpp_account(state: Smsc, **options: Any) -> SmsAccount:
    return SmsAccountFactory(
        **{
            "kind": "smpp",
            "host": "127.0.0.1",
            "port": state.port,
            "username": "coffee",
            "password": "secret",
            **options,
        }
    )


@pytest.mark.django_db(transaction=True)
def test_a_line_sends_what_is_due_and_hears_the_receipts(server: Smsc) -> None:
    account = smpp_account(server)
    messages = [send(account, text) for text in ("one", "two", "three")]
    assert list_waiting_across_partners(at=AT) == []
    assert list_lines_across_partners() == [account.pk]
    assert run_line(account_id=account.pk, seconds=0, at=AT) == 3
    assert (server.texts, len(server.binds)) == ([b"one", b"two", b"three"], 1)
    server.outbox += [receipt("m-1"), receipt("m-2", "UNDELIV", "011"), receipt("m-9")]
    run_line(account_id=account.pk, seconds=1.5, at=AT)
    shown = [(one.status, one.external_id, one.error) for one in SmsMessage.objects.order_by("pk")]
    assert shown == [("delivered", "m-1", ""), ("undeliverable", "m-2", "UNDELIV 011"), ("sent", "m-3", "")]
    assert (server.outbox, server.acknowledged) == ([], [0, 0, 0])
    assert messages[0].account == account


@pytest.mark.django_db(transaction=True)
def test_two_workers_hold_one_line(server: Smsc) -> None:
    account = smpp_account(server)
    server.delay = 0.05
    for number in range(6):
        send(account, f"{number}")
    assert sum(together([lambda: run_line(account_id=account.pk, seconds=0, at=AT)] * 4)) == 6
    assert sorted(server.texts) == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert server.most_lines == 1


@pytest.mark.django_db(transaction=True)
def test_a_message_queued_while_the_line_is_kept_goes_out_at_once(server: Smsc) -> None:
    account = smpp_account(server)
    holder = threading.Thread(
        target=lambda: together([lambda: run_line(account_id=account.pk, seconds=3, at=timezone.now())])
    )
    holder.start()
    deadline = time.monotonic() + 60
    while not server.binds and time.monotonic() < deadline:
        time.sleep(0.02)
    message = send(account, "now", at=timezone.now())
    tasks.send_sms(sms_message_id=message.pk)  # finds the line held
    while not server.submitted and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.texts == [b"now"]
    holder.join(60)
    message.refresh_from_db()
    assert (message.status, server.most_lines) == ("sent", 1)


@pytest.mark.django_db(transaction=True)
def test_a_line_that_cannot_be_opened_leaves_everything_waiting_and_paid(server: Smsc) -> None:
    account = smpp_account(server, password="wrong")
    messages = [send(account, text) for text in ("one", "two")]
    with pytest.raises(UnavailableError):
        run_line(account_id=account.pk, seconds=0, at=AT)
    first, second = SmsMessage.objects.order_by("pk")
    assert (first.status, first.error, first.attempts, first.is_handed) == ("queued", "credentials", 1, False)
    assert (second.status, second.attempts) == ("queued", 0)
    run_line(account_id=account.pk, seconds=0, at=AT + timedelta(days=2))
    assert {one.status for one in SmsMessage.objects.all()} == {"expired"}
    assert balance(account) == 10
    assert len(messages) == 2


@pytest.mark.django_db(transaction=True)
def test_stop_takes_the_consent_back_and_other_texts_are_not_kept(server: Smsc) -> None:
    account = smpp_account(server)
    send(account, purpose="marketing", is_consent_given=True)
    server.outbox += [
        deliver(2000, b"Thank you", esm_class=0),
        deliver(2001, b" Stop. ", esm_class=0),
    ]
    run_line(account_id=account.pk, seconds=1, at=AT)
    answers = Consent.objects.order_by("pk").values_list("is_given", "source", "address")
    assert list(answers) == [(True, "api", PHONE), (False, "sms_stop", PHONE)]


@pytest.mark.django_db(transaction=True)
def test_a_receipt_that_comes_before_its_message_is_written_down_is_asked_for_again(server: Smsc) -> None:
    account = smpp_account(server)
    message = send(account)
    SmsMessage.objects.filter(pk=message.pk).update(
        status=SmsStatus.SENDING, is_handed=True, due_at=AT + timedelta(hours=1)
    )
    server.outbox.append(receipt("m-77"))
    run_line(account_id=account.pk, seconds=0.6, at=AT)
    assert set(server.acknowledged) == {0x64}
    SmsMessage.objects.filter(pk=message.pk).update(status="sent", sent_at=AT, external_id="m-77")
    run_line(account_id=account.pk, seconds=1, at=AT)
    message.refresh_from_db()
    assert (message.status, server.acknowledged[-1]) == ("delivered", 0)


# --- Trying a connection


@pytest.mark.django_db
def test_a_connection_is_tried_and_what_failed_is_noted(server: Smsc, reach: Any) -> None:
    account = smpp_account(server)
    tried = try_connection(actor=SYSTEM, partner=account.partner, account_id=account.pk, at=AT)
    assert (tried.is_working, tried.result) == (True, "ok")
    account.refresh_from_db()
    assert (account.tested_at, account.test_result) == (AT, "ok")
    for options, result in (
        ({"password": "wrong"}, "credentials"),
        ({"host": "10.0.0.1"}, "not_public"),
        ({"kind": "http", "base_url": "https://10.0.0.1"}, "not_public"),
        ({"kind": "http", "base_url": ""}, "not set up"),
        ({"kind": "database"}, "ok"),
        ({"kind": "platform"}, "ok"),
    ):
        other = smpp_account(server, **options)
        assert try_connection(actor=SYSTEM, partner=other.partner, account_id=other.pk, at=AT).result == result
    assert server.submitted == []


# --- Telling the partner


@pytest.mark.django_db
def test_the_partners_address_is_told_in_the_contracts_words(reach: Any) -> None:
    with serving(plain(b"ok")) as server:
        reach(server.port)
        message = sent_message(receipt_url=server.url("/hook?k=1"))
        note_outcome(message, status="delivered", error="", external_id="", at=AT + timedelta(seconds=9))
        for receipt_id in list_waiting_receipts_across_partners(at=AT + timedelta(seconds=9)):
            deliver_receipt(sms_receipt_id=receipt_id, at=AT + timedelta(seconds=9))
        assert [path for path, _host in server.asked] == ["/hook?k=1"] * 2
        headers, body = server.told[1]
        assert headers["User-Agent"] == "Loyalty-LT-SMPP-Gateway/1.0"
        assert json.loads(body) == {
            "id": str(message.public_id),
            "externalId": None,
            "status": "DELIVERED",
            "recipient": PHONE,
            "timestamp": "2026-11-27T08:00:09Z",
            "error": None,
        }
    assert list_waiting_receipts_across_partners(at=AT + timedelta(days=1)) == []


@pytest.mark.django_db
def test_a_report_is_tried_again_after_the_contracts_pauses_and_then_dropped(reach: Any) -> None:
    with serving(Provider((500, {}))) as server:
        reach(server.port)
        sent_message(receipt_url=server.url())
        report, at, pauses = SmsReceipt.objects.get(), AT, []
        while report.state == "waiting":
            assert deliver_receipt(sms_receipt_id=report.pk, at=at) is not None
            report.refresh_from_db()
            if report.state == "waiting":
                assert deliver_receipt(sms_receipt_id=report.pk, at=at) is None
                pauses.append((report.due_at - at).total_seconds())
                at = report.due_at
        assert pauses == [30, 120, 600, 1800, 3600] == [pause.total_seconds() for pause in PAUSES]
        assert (report.state, report.attempts, report.error, len(server.asked)) == ("dropped", 6, "status 500", 6)
        assert deliver_receipt(sms_receipt_id=report.pk, at=at + timedelta(days=1)) is None


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://10.0.0.1/", "https://[::1]/"])
def test_a_report_never_goes_inside(url: str) -> None:
    message = sent_message()
    SmsMessage.objects.filter(pk=message.pk).update(receipt_url=url)
    message.refresh_from_db()
    note_outcome(message, status="delivered", error="", external_id="", at=AT)
    assert deliver_receipt(sms_receipt_id=SmsReceipt.objects.get().pk, at=AT).error == "not_public"


@pytest.mark.django_db(transaction=True)
def test_eight_tasks_tell_it_once(reach: Any) -> None:
    with serving(plain(b"")) as server:
        reach(server.port)
        sent_message(receipt_url=server.url())
        report = SmsReceipt.objects.get()
        told = together([lambda: deliver_receipt(sms_receipt_id=report.pk, at=AT)] * 8)
        assert (sum(one is not None for one in told), len(server.asked)) == (1, 1)


@pytest.mark.django_db
def test_one_partners_reports_do_not_hold_up_the_others() -> None:
    busy, quiet = SmsAccountFactory(balance=100), SmsAccountFactory()
    for number in range(30):
        message = send(busy, f"{number}", receipt_url="https://slow.example/")
        deliver_sms(sms_message_id=message.pk, at=AT)
    message = send(quiet, receipt_url="https://quick.example/", at=AT + timedelta(minutes=1))
    deliver_sms(sms_message_id=message.pk, at=AT + timedelta(minutes=1))
    found = list_waiting_receipts_across_partners(at=AT + timedelta(minutes=2))
    assert len(found) == 21
    assert SmsReceipt.objects.get(message=message).pk in found[:2]
