"""An SMS is written down with its cause, goes out once, and keeps no code for others to read."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.errors import TemporarilyUnavailable
from loyalty.run.lines import NewLines
from loyalty.services import jobs
from loyalty.services.sealing import seal, unseal
from loyalty.tests.factories import AdminFactory
from loyalty.tests.together import together
from messaging import tasks
from messaging.choices import SmsPurpose, SmsStatus
from messaging.errors import SmsSendFailed
from messaging.gateways.base import Outgoing, SmsRefusedError
from messaging.models import SmsAccount, SmsMessage
from messaging.rules.sms import count_parts, is_gsm, without_codes
from messaging.selectors.sms import list_lines_across_partners, list_waiting_across_partners
from messaging.services.sms import erase_phone, forget_texts, queue_sms
from messaging.services.sms_delivery import LEASE, deliver_sms
from messaging.tests.sms_factories import SmsAccountFactory
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
PHONE = "+37060000001"
CODE = "Your code is 482913. Tell it nobody."


class Provider:
    """Takes what it is given, after the faults that a test lays out."""

    sent: ClassVar[list[Outgoing]] = []
    faults: ClassVar[list[Exception]] = []
    pause: ClassVar[threading.Event | None] = None

    def send(self, message: Outgoing) -> str:
        if self.pause is not None:
            self.pause.wait(60)
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(message)
        return f"p-{len(self.sent)}"


@pytest.fixture
def provider(settings: Any) -> type[Provider]:
    settings.SMS_GATEWAY = f"{__name__}.Provider"
    Provider.sent, Provider.faults, Provider.pause = [], [], None
    return Provider


@pytest.fixture
def production(settings: Any) -> None:
    settings.SMS_SHOWS_CODES = False


def queue(text: str = CODE, purpose: str = SmsPurpose.OTP, **values: Any) -> SmsMessage:
    return queue_sms(**{"partner": None, "phone": PHONE, "text": text, "purpose": purpose, "at": AT, **values})


# --- Counting


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # 153 = 76 escaped pairs and a septet that the next pair does not fit into.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("ą" * 70, 1),
        ("ą" * 71, 2),
        ("ą" * 134, 2),
        ("ą" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        # 33 whole pairs in each part of 67, never half of one.
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("ė" + "a" * 69, 1),
    ],
)
def test_parts_are_counted_as_operators_do(text: str, parts: int) -> None:
    assert count_parts(text) == parts


def test_lithuanian_letters_are_not_in_the_old_alphabet() -> None:
    assert is_gsm("Kodas 123456 @ £ é ä ö Ñ {x} €")
    assert not any(is_gsm(letter) for letter in "ąčęėįšųūž")


def test_every_number_that_could_be_a_code_is_blacked_out() -> None:
    assert without_codes("Kodas 482913, galioja 5 min., 24 h") == "Kodas ••••••, galioja 5 min., 24 h"


# --- Writing it down


@pytest.mark.django_db
def test_a_message_waits_with_its_parts_and_a_task_starts_after_the_commit(
    provider: Any, django_capture_on_commit_callbacks: Any
) -> None:
    partner = PartnerFactory()
    with django_capture_on_commit_callbacks() as callbacks:
        message = queue("Sveiki atvykę! " * 6, SmsPurpose.APP_LINK, partner=partner)
    message.refresh_from_db()
    assert (message.status, message.parts, message.sender, message.partner) == ("queued", 2, "Loyalty", partner)
    assert (message.queued_at, message.due_at, message.expires_at) == (AT, AT, AT + timedelta(hours=24))
    assert [callback.args[:2] for callback in callbacks] == [("messaging.send_sms", {"sms_message_id": message.pk})]
    assert provider.sent == []


@pytest.mark.django_db
def test_a_message_is_undone_with_its_cause(provider: Any) -> None:
    def fail() -> None:
        with transaction.atomic():
            queue()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert SmsMessage.objects.count() == 0


@pytest.mark.django_db
def test_nothing_is_promised_where_nothing_sends(settings: Any) -> None:
    settings.SMS_GATEWAY = ""
    with pytest.raises(SmsSendFailed):
        queue()
    assert SmsMessage.objects.count() == 0


@pytest.mark.django_db
def test_a_code_is_unreadable_in_production_and_still_arrives(provider: Any, production: None) -> None:
    message = queue()
    stored = json.dumps(list(SmsMessage.objects.values()), default=str) + str(bytes(message.sealed))
    assert "482913" not in stored
    assert message.text == "Your code is ••••••. Tell it nobody."
    deliver_sms(sms_message_id=message.pk, at=AT)
    assert [(sent.phone, sent.text) for sent in provider.sent] == [(PHONE, CODE)]
    message.refresh_from_db()
    assert (message.status, message.sealed, message.external_id) == ("sent", None, "p-1")


@pytest.mark.django_db
def test_a_demo_shows_the_code_and_another_purpose_is_never_sealed(provider: Any, settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    assert (queue().text, queue().sealed) == (CODE, None)
    settings.SMS_SHOWS_CODES = False
    assert queue("Order 123456 is ready", SmsPurpose.SERVICE).text == "Order 123456 is ready"


@pytest.mark.django_db
def test_the_demo_way_out_writes_to_the_console_of_a_demo_only(settings: Any, capsys: Any, tmp_path: Path) -> None:
    settings.SMS_GATEWAY = "messaging.gateways.database.DatabaseGateway"
    settings.SMS_SHOWS_CODES, settings.VAR_DIR = True, tmp_path
    terminal = NewLines(tmp_path / "log" / "sms.log")
    assert terminal.read() == []
    deliver_sms(sms_message_id=queue().pk, at=AT)
    line = f"SMS to {PHONE} from Loyalty: {CODE}"
    assert capsys.readouterr().out == f"{line}\n"
    assert terminal.read() == [line]
    assert terminal.read() == []
    assert terminal.path.stat().st_mode & 0o077 == 0
    settings.SMS_SHOWS_CODES = False
    message = deliver_sms(sms_message_id=queue().pk, at=AT)
    assert message is not None
    assert message.status == "sent"
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
    assert terminal.read() == []


def test_a_terminal_shows_whole_lines(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("of an older run\n")
    lines = NewLines(tmp_path / "x")
    with lines.path.open("a") as file:
        file.write("one\ntwo, unfin")
        file.flush()
        assert lines.read() == ["one"]
        file.write("ished\n")
    assert lines.read() == ["two, unfinished"]


@pytest.mark.parametrize(
    ("environment", "printed"),
    [
        ({"DEBUG": "1"}, "DatabaseGateway True"),
        ({"DEBUG": "0", "DEMO": "1"}, "DatabaseGateway True"),
        ({"DEBUG": "0", "DEMO": "0"}, " False"),
        ({"DEBUG": "0", "DEMO": "0", "SMS_GATEWAY": "a.B"}, "B False"),
    ],
    ids=str,
)
def test_production_has_no_way_out_and_shows_no_code_unless_told(environment: dict[str, str], printed: str) -> None:
    code = "from loyalty import settings as s; print(s.SMS_GATEWAY.rpartition('.')[2], s.SMS_SHOWS_CODES)"
    clean = {name: value for name, value in os.environ.items() if name not in {"DEMO", "SMS_GATEWAY"}}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={**clean, "SECRET_KEY": "x" * 40, **environment},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.removesuffix("\n") == printed


# --- Bringing it out


@pytest.mark.django_db
def test_a_message_goes_out_once_however_often_its_task_runs(provider: Any) -> None:
    message = queue(at=timezone.now())
    for _ in range(3):
        tasks.send_sms(sms_message_id=message.pk)
    assert len(provider.sent) == 1
    assert provider.sent[0].reference == f"sms-{message.pk}"


@pytest.mark.django_db(transaction=True)
def test_eight_senders_at_once_send_it_once(provider: Any) -> None:
    provider.pause = threading.Event()
    message = queue()
    threading.Timer(0.5, provider.pause.set).start()
    results = together([lambda: deliver_sms(sms_message_id=message.pk, at=AT)] * 8)
    assert sum(result is not None for result in results) == 1
    assert len(provider.sent) == 1
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("sent", 1)


@pytest.mark.django_db
def test_a_provider_that_is_away_is_tried_again_after_growing_pauses(provider: Any) -> None:
    provider.faults[:] = [TemporarilyUnavailable(retry_after=1)] * 3
    message, at, pauses = queue("Hello", SmsPurpose.SERVICE), AT, []
    for _ in range(3):
        with pytest.raises(TemporarilyUnavailable):
            deliver_sms(sms_message_id=message.pk, at=at)
        message.refresh_from_db()
        assert (message.status, message.error) == ("queued", "TEMPORARILY_UNAVAILABLE")
        pauses.append((message.due_at - at).total_seconds())
        assert deliver_sms(sms_message_id=message.pk, at=at) is None
        at = message.due_at
    assert pauses == [5, 10, 20]
    assert list_waiting_across_partners(at=at) == [message.pk]
    assert list_waiting_across_partners(at=at - timedelta(seconds=1)) == []
    deliver_sms(sms_message_id=message.pk, at=at)
    message.refresh_from_db()
    assert (message.status, message.attempts, message.error) == ("sent", 4, "")


@pytest.mark.django_db
def test_a_refusal_is_final_and_keeps_its_reason(provider: Any, production: None) -> None:
    provider.faults[:] = [SmsRefusedError("unknown subscriber")]
    message = queue()
    deliver_sms(sms_message_id=message.pk, at=AT)
    message.refresh_from_db()
    assert (message.status, message.error, message.sealed) == ("failed", "unknown subscriber", None)
    assert deliver_sms(sms_message_id=message.pk, at=AT + timedelta(hours=1)) is None
    assert provider.sent == []


@pytest.mark.django_db
def test_what_a_dead_sender_left_is_sent_when_its_lease_is_over(provider: Any) -> None:
    message = queue("Hello", SmsPurpose.SERVICE)
    SmsMessage.objects.filter(pk=message.pk).update(status=SmsStatus.SENDING, attempts=1, due_at=AT + LEASE)
    assert deliver_sms(sms_message_id=message.pk, at=AT + timedelta(minutes=1)) is None
    deliver_sms(sms_message_id=message.pk, at=AT + LEASE)
    assert len(provider.sent) == 1


@pytest.mark.django_db
def test_a_code_that_is_over_is_not_sent_any_more(provider: Any, production: None) -> None:
    message = queue()
    deliver_sms(sms_message_id=message.pk, at=AT + timedelta(minutes=5))
    message.refresh_from_db()
    assert (message.status, message.error, message.sealed, provider.sent) == ("expired", "too late", None, [])


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_sweep_brings_it_out(provider: Any, monkeypatch: Any, settings: Any) -> None:
    def away(*_args: Any, **_options: Any) -> None:
        raise OSError

    monkeypatch.setattr(jobs.app, "signature", lambda *_a, **_k: type("Task", (), {"apply_async": away})())
    message = queue(at=timezone.now())
    assert SmsMessage.objects.get().status == "queued"
    started: list[int] = []
    monkeypatch.setattr(tasks.send_sms, "delay", lambda *, sms_message_id: started.append(sms_message_id))
    tasks.send_waiting_sms()
    assert started == [message.pk]
    tasks.send_sms(sms_message_id=message.pk)
    assert len(provider.sent) == 1


@pytest.mark.django_db
def test_a_sweep_brings_codes_first_and_lets_accounts_take_turns(provider: Any) -> None:
    one, other = SmsAccountFactory(), SmsAccountFactory()

    def owed(account: SmsAccount | None, purpose: str, seconds: int) -> int:
        due = AT + timedelta(seconds=seconds)
        message = queue_sms(partner=None, phone="+37060000001", text="x", purpose=purpose, at=due)
        SmsMessage.objects.filter(pk=message.pk).update(account=account, partner=account and account.partner)
        return message.pk

    campaign = [owed(one, "marketing", second) for second in range(4)]
    late, code = owed(other, "service", 10), owed(one, "otp", 20)
    platform = owed(None, "service", 30)
    owed(other, "service", 7_200)  # its turn has not come
    found = list_waiting_across_partners(at=AT + timedelta(hours=1))
    assert found == [code, campaign[0], late, platform, *campaign[1:]]
    assert list_waiting_across_partners(at=AT + timedelta(hours=1), most=2) == found[:2]


# --- Forgetting


@pytest.mark.django_db
def test_texts_and_numbers_are_forgotten_after_ninety_days_and_costs_are_not(provider: Any) -> None:
    old, young = queue("Old", SmsPurpose.SERVICE), queue("Young", SmsPurpose.SERVICE, at=AT + timedelta(days=1))
    waiting = queue("Waiting", SmsPurpose.SERVICE)
    for message in (old, young):
        deliver_sms(sms_message_id=message.pk, at=AT + timedelta(days=1))
    assert forget_texts(at=AT + timedelta(days=90, hours=1)) == 1
    assert list(SmsMessage.objects.order_by("pk").values_list("phone", "text", "parts")) == [
        ("", "", 1),
        (PHONE, "Young", 1),
        (PHONE, "Waiting", 1),
    ]
    assert forget_texts(at=AT + timedelta(days=90, hours=1)) == 0
    waiting.refresh_from_db()
    assert waiting.status == "queued"


@pytest.mark.django_db
def test_erasing_a_number_leaves_nothing_of_it_and_sends_nothing_more(provider: Any, production: None) -> None:
    partner = PartnerFactory()
    mine, theirs, other = queue(partner=partner), queue(), queue(phone="+37060000002")
    assert erase_phone(phone=PHONE, partner_id=partner.pk, at=AT) == 1
    theirs.refresh_from_db()
    assert theirs.phone == PHONE
    assert erase_phone(phone=PHONE, at=AT) == 1
    for message in (mine, theirs):
        assert deliver_sms(sms_message_id=message.pk, at=AT) is None
        message.refresh_from_db()
        assert (message.phone, message.text, message.sealed, message.status) == ("", "", None, "failed")
    deliver_sms(sms_message_id=other.pk, at=AT)
    assert [sent.phone for sent in provider.sent] == ["+37060000002"]


# --- Sealing


def test_what_is_sealed_opens_with_old_keys_and_with_no_others(settings: Any) -> None:
    sealed = seal("Slaptažodis")
    settings.SEALING_KEY, settings.SEALING_KEY_FALLBACKS = "new", [settings.SEALING_KEY]
    assert unseal(sealed) == "Slaptažodis"
    settings.SEALING_KEY_FALLBACKS = []
    assert unseal(sealed) is None


# --- The back office


@pytest.mark.django_db
def test_staff_find_a_message_by_number_and_change_nothing(client: Client, provider: Any, production: None) -> None:
    client.force_login(AdminFactory())
    found, other = queue(), queue(phone="+37069999999")
    page = client.get(reverse("admin:messaging_smsmessage_changelist"), {"q": "600 00001"}).content.decode()
    assert reverse("admin:messaging_smsmessage_change", args=[found.pk]) in page
    assert reverse("admin:messaging_smsmessage_change", args=[other.pk]) not in page
    detail = client.get(reverse("admin:messaging_smsmessage_change", args=[found.pk])).content.decode()
    assert "482913" not in page + detail
    assert "••••••" in detail
    assert client.get(reverse("admin:messaging_smsmessage_add")).status_code == 403
    assert 'name="_save"' not in detail


@pytest.mark.django_db
def test_every_line_is_looked_after_however_many_there_are() -> None:
    accounts = [SmsAccountFactory(kind="smpp", host="smpp.example", port=2775) for _ in range(101)]
    SmsAccountFactory(kind="http", base_url="https://sms.example")
    assert list_lines_across_partners() == [account.pk for account in accounts]
