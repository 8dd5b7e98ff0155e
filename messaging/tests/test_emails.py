"""An e-mail is written down with its cause, goes out once, and says what was meant, in the reader's language."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from loyalty.errors import TemporarilyUnavailable, ValidationFailed
from loyalty.services import jobs
from loyalty.tests.together import together
from messaging import tasks
from messaging.choices import EmailStatus
from messaging.errors import EmailConsentMissing, MessageTemplateNotFound
from messaging.models import EmailMessage
from messaging.selectors.emails import list_waiting_emails_across_partners
from messaging.services.emails import LEASE, deliver_email, erase_address, forget_emails, queue_email
from messaging.tests.mail_servers import MailServer, mail_server
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
TO = "ona@kavosnamai.test"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server(settings) as running:
        yield running


def queue(**values: Any) -> EmailMessage:
    words = {"subject": "Sutartis", "message": "Sveiki,\n\nsutartis paruošta."}
    shared = {"partner": None, "to": TO, "template": "custom", "values": words, "language": "en", "at": AT}
    return queue_email(**{**shared, **values})


# --- Writing it down


@pytest.mark.django_db
def test_a_mail_waits_with_its_words_and_a_task_starts_after_the_commit(
    server: MailServer, django_capture_on_commit_callbacks: Any
) -> None:
    partner = PartnerFactory(name="Kavos Namai")
    with django_capture_on_commit_callbacks() as callbacks:
        email = queue(partner=partner, to=" Ona@KavosNamai.test ")
    email.refresh_from_db()
    assert (email.status, email.to, email.subject, email.partner) == ("queued", TO, "Sutartis", partner)
    assert (email.queued_at, email.due_at, email.expires_at) == (AT, AT, AT + timedelta(days=3))
    assert email.text == "Sveiki,\n\nsutartis paruošta.\n\n-- \nKavos Namai\n"
    assert [callback.args[:2] for callback in callbacks] == [("messaging.send_email", {"email_id": email.pk})]
    assert server.mails == []


@pytest.mark.django_db
def test_a_mail_is_undone_with_its_cause() -> None:
    def fail() -> None:
        with transaction.atomic():
            queue()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert EmailMessage.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c.test", "a@b.test\nBcc: c@d.test", '"\x01"@x.test', "a@b.test, c@d.test"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        queue(to=address)
    assert set(refused.value.errors) == {"to"}
    assert EmailMessage.objects.count() == 0


@pytest.mark.django_db
def test_a_template_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(MessageTemplateNotFound, match="MESSAGE_TEMPLATE_NOT_FOUND") as refused:
        queue(template="no_such")
    assert "no_such" in refused.value.message


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "default", "subject"),
    [("lt", "en", "Būsena"), ("lv", "lt", "Būsena"), ("lv", "lv", "status"), ("en", "lt", "status")],
)
def test_a_mail_speaks_the_readers_language_or_the_partners(language: str, default: str, subject: str) -> None:
    partner = PartnerFactory(default_language=default)
    email = queue(
        partner=partner,
        template="partner_status_changed",
        values={"status": "Aktyvus", "reason": ""},
        language=language,
    )
    assert subject.lower() in email.text.lower()


@pytest.mark.django_db
def test_marketing_is_refused_without_a_yes() -> None:
    with pytest.raises(EmailConsentMissing):
        queue(partner=PartnerFactory(), purpose="marketing")
    with pytest.raises(EmailConsentMissing):
        queue(purpose="marketing")
    assert EmailMessage.objects.count() == 0


# --- What people typed is text


@pytest.mark.django_db
def test_typed_words_make_no_markup_no_header_and_no_second_placeholder(server: MailServer) -> None:
    evil = '<script>alert(1)</script> <img src=x onerror=y> {{ partner_name }} {% load x %} & "q"'
    subject = "Hi\r\nBcc: victim@example.test\x00\u2028X-Evil: 1"
    email = queue(
        values={"subject": subject, "message": f"{evil}\r\n.\r\nline"}, partner=PartnerFactory(name="<b>P</b>")
    )
    deliver_email(email_id=email.pk, at=AT)
    [mail] = server.mails
    assert mail["Subject"] == "Hi Bcc: victim@example.test X-Evil: 1"
    assert "Bcc" not in mail
    assert "X-Evil" not in mail
    assert server.envelopes[0][1] == [TO]
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert evil in text
    assert "\n.\nline" in text.replace("\r\n", "\n")
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>P" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ partner_name }} {% load x %}" in html


# --- Bringing it out, over a real connection


@pytest.mark.django_db
def test_a_mail_arrives_whole_and_once_however_often_its_task_runs(server: MailServer, settings: Any) -> None:
    settings.SUPPORT_EMAIL = "pagalba@loyalty.test"
    email = queue(at=timezone.now(), partner=PartnerFactory(name="Kavos Namai", logo_url="https://k.test/logo.png"))
    for _ in range(3):
        tasks.send_email(email_id=email.pk)
    [mail] = server.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (TO, "Loyalty <no-reply@localhost>", "Sutartis")
    assert (mail["Message-ID"], mail["Reply-To"]) == (email.message_id, "pagalba@loyalty.test")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail
    assert mail.get_body(("plain",)).get_content().startswith("Sveiki,")
    assert '<img src="https://k.test/logo.png" alt="Kavos Namai"' in mail.get_body(("html",)).get_content()
    email.refresh_from_db()
    assert (email.status, email.attempts, email.error) == ("sent", 1, "")


@pytest.mark.django_db
def test_a_server_that_fails_twice_gets_the_same_mail_a_third_time(server: MailServer) -> None:
    server.answers[:] = ["451 try again later", "421 too busy"]
    email, at, pauses = queue(), AT, []
    for error in ("451", "421"):
        with pytest.raises(TemporarilyUnavailable):
            deliver_email(email_id=email.pk, at=at)
        email.refresh_from_db()
        assert (email.status, email.error, email.sent_at) == ("queued", error, None)
        pauses.append((email.due_at - at).total_seconds())
        assert deliver_email(email_id=email.pk, at=at) is None
        at = email.due_at
    assert pauses == [10, 20]
    assert list_waiting_emails_across_partners(at=at) == [email.pk]
    assert list_waiting_emails_across_partners(at=at - timedelta(seconds=1)) == []
    deliver_email(email_id=email.pk, at=at)
    email.refresh_from_db()
    assert (email.status, email.attempts, email.error, email.sent_at) == ("sent", 3, "", at)
    assert [mail["Message-ID"] for mail in server.mails] == [email.message_id]
    assert server.tries == 3


@pytest.mark.django_db
def test_a_refusal_that_lasts_is_final_and_keeps_its_reason(server: MailServer) -> None:
    server.refused_addresses[TO] = "550 5.1.1 no such mailbox"
    email = queue()
    deliver_email(email_id=email.pk, at=AT)
    email.refresh_from_db()
    assert (email.status, email.error, email.sent_at) == ("failed", "550 5.1.1 no such mailbox", None)
    assert deliver_email(email_id=email.pk, at=AT + timedelta(hours=1)) is None
    server.answers[:] = ["554 5.7.1 looks like spam"]
    spam = queue(to="petras@kavosnamai.test")
    deliver_email(email_id=spam.pk, at=AT)
    spam.refresh_from_db()
    assert (spam.status, spam.error) == ("failed", "554 5.7.1 looks like spam")
    assert server.mails == []


@pytest.mark.django_db
def test_an_address_that_is_busy_is_tried_again(server: MailServer) -> None:
    server.refused_addresses[TO] = "450 4.2.1 greylisted"
    email = queue()
    with pytest.raises(TemporarilyUnavailable):
        deliver_email(email_id=email.pk, at=AT)
    email.refresh_from_db()
    assert (email.status, email.error) == ("queued", "450")


@pytest.mark.django_db
def test_a_server_that_is_away_or_silent_is_tried_again_until_nobody_cares(settings: Any) -> None:
    with mail_server(settings) as gone:
        pass
    assert gone.tries == 0
    email = queue()
    with pytest.raises(TemporarilyUnavailable):
        deliver_email(email_id=email.pk, at=AT)
    email.refresh_from_db()
    assert (email.status, email.error) == ("queued", "ConnectionRefusedError")
    settings.EMAIL_TIMEOUT = 1
    with mail_server(settings) as silent:
        silent.may_answer.clear()
        with pytest.raises(TemporarilyUnavailable):
            deliver_email(email_id=email.pk, at=email.due_at)
    email.refresh_from_db()
    assert (email.status, email.attempts) == ("queued", 2)
    deliver_email(email_id=email.pk, at=email.expires_at)
    email.refresh_from_db()
    assert email.status == "failed"


@pytest.mark.django_db(transaction=True)
def test_eight_senders_at_once_send_it_once(server: MailServer) -> None:
    server.may_answer.clear()
    email = queue()
    threading.Timer(0.5, server.may_answer.set).start()
    results = together([lambda: deliver_email(email_id=email.pk, at=AT)] * 8)
    assert sum(result is not None for result in results) == 1
    assert len(server.mails) == 1
    email.refresh_from_db()
    assert (email.status, email.attempts) == ("sent", 1)


@pytest.mark.django_db
def test_what_a_dead_sender_left_is_sent_when_its_lease_is_over(server: MailServer) -> None:
    email = queue()
    EmailMessage.objects.filter(pk=email.pk).update(status=EmailStatus.SENDING, attempts=1, due_at=AT + LEASE)
    assert deliver_email(email_id=email.pk, at=AT + timedelta(minutes=1)) is None
    deliver_email(email_id=email.pk, at=AT + LEASE)
    assert [mail["Message-ID"] for mail in server.mails] == [email.message_id]


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_sweep_brings_it_out(server: MailServer, monkeypatch: Any) -> None:
    def away(*_args: Any, **_options: Any) -> None:
        raise OSError

    monkeypatch.setattr(jobs.app, "signature", lambda *_a, **_k: type("Task", (), {"apply_async": away})())
    email = queue(at=timezone.now())
    started: list[int] = []
    monkeypatch.setattr(tasks.send_email, "delay", lambda *, email_id: started.append(email_id))
    tasks.send_waiting_emails()
    assert started == [email.pk]
    tasks.send_email(email_id=email.pk)
    assert len(server.mails) == 1


# --- Forgetting


@pytest.mark.django_db
def test_words_and_addresses_are_forgotten_after_ninety_days(server: MailServer) -> None:
    old, young = queue(), queue(at=AT + timedelta(days=1))
    waiting = queue()
    for email in (old, young):
        deliver_email(email_id=email.pk, at=AT + timedelta(days=1))
    assert forget_emails(at=AT + timedelta(days=90, hours=1)) == 1
    assert list(EmailMessage.objects.order_by("pk").values_list("to", "subject", "status")) == [
        ("", "", "sent"),
        (TO, "Sutartis", "sent"),
        (TO, "Sutartis", "queued"),
    ]
    old.refresh_from_db()
    assert (old.text, old.html, old.message_id) == ("", "", old.message_id)
    assert forget_emails(at=AT + timedelta(days=90, hours=1)) == 0
    assert waiting.message_id


@pytest.mark.django_db
def test_erasing_an_address_leaves_nothing_of_it_and_sends_nothing_more(server: MailServer) -> None:
    partner = PartnerFactory()
    mine, platforms, other = queue(partner=partner), queue(), queue(partner=partner, to="kita@kavosnamai.test")
    assert erase_address(address=TO.upper(), partner_id=partner.pk) == 1
    assert deliver_email(email_id=mine.pk, at=AT) is None
    mine.refresh_from_db()
    assert (mine.to, mine.subject, mine.text, mine.html, mine.status) == ("", "", "", "", "failed")
    for email in (platforms, other):
        deliver_email(email_id=email.pk, at=AT)
    assert [mail["To"] for mail in server.mails] == [TO, "kita@kavosnamai.test"]
