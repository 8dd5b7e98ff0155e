"""Mails in the back office: seen as their reader sees them, and sent again once when they failed."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import AdminFactory
from loyalty.tests.together import together
from messaging.errors import EmailNotFailed
from messaging.models import EmailMessage
from messaging.services.emails import deliver_email, erase_address, queue_email
from messaging.services.partner_emails import resend_email
from partners.tests.factories import PartnerFactory

WORDS = {"subject": "Sutartis", "message": 'Sveiki <script>alert("x")</script>'}


def page(what: str, *args: Any) -> str:
    return reverse(f"admin:messaging_emailmessage_{what}", args=args)


def failed() -> EmailMessage:
    email = queue_email(
        partner=PartnerFactory(), to="ona@kava.test", template="custom", values=WORDS, language="lt", at=timezone.now()
    )
    EmailMessage.objects.filter(pk=email.pk).update(status="failed", error="550 no such user", attempts=1)
    email.refresh_from_db()
    return email


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


@pytest.mark.django_db
def test_a_mail_is_shown_as_its_reader_sees_it_where_nothing_in_it_can_run(boss: Client) -> None:
    email = failed()
    shown = boss.get(page("change", email.pk)).content.decode()
    assert '<iframe sandbox="" referrerpolicy="no-referrer" srcdoc="' in shown
    assert "<script>alert" not in shown
    assert "550 no such user" in shown
    EmailMessage.objects.filter(pk=email.pk).update(html="", text="", to="")
    assert "<iframe" not in boss.get(page("change", email.pk)).content.decode()


@pytest.mark.django_db
def test_a_failed_mail_is_sent_again_with_a_reason_and_under_its_old_message_id(boss: Client) -> None:
    email = failed()
    action = page("resend", email.pk)
    assert boss.get(action).status_code == 200
    assert EmailMessage.objects.get().status == "failed", "a question changes nothing"
    assert boss.post(action, {"reason": ""}).status_code == 200
    assert EmailMessage.objects.get().status == "failed"
    assert boss.post(action, {"reason": "The mailbox is there now"}).status_code == 302
    again = EmailMessage.objects.get()
    assert (again.status, again.error, again.message_id) == ("queued", "", email.message_id)
    event = AuditEvent.objects.get(action="email.resent")
    assert (event.reason, event.partner_id) == ("The mailbox is there now", email.partner_id)
    assert deliver_email(email_id=email.pk, at=timezone.now()).status == "sent"
    assert mail.outbox[-1].extra_headers["Message-ID"] == email.message_id
    assert boss.get(action).status_code == 404, "what was sent is not sent again"


@pytest.mark.django_db
def test_what_was_sent_or_erased_stays_as_it_is() -> None:
    email = failed()
    erase_address(address=email.to, partner_id=email.partner_id)
    with pytest.raises(EmailNotFailed):
        resend_email(actor=SYSTEM, email=email, at=timezone.now())
    other = failed()
    EmailMessage.objects.filter(pk=other.pk).update(status="sent", sent_at=timezone.now(), error="")
    with pytest.raises(EmailNotFailed):
        resend_email(actor=SYSTEM, email=other, at=timezone.now())
    assert not AuditEvent.objects.filter(action="email.resent").exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_queue_it_once() -> None:
    email = failed()
    at = timezone.now()
    together([lambda: resend_email(actor=SYSTEM, email=email, at=at)] * 2)
    assert EmailMessage.objects.get().status == "queued"
    assert AuditEvent.objects.filter(action="email.resent").count() == 1


@pytest.mark.django_db
def test_staff_without_the_permission_see_no_button(client: Client) -> None:
    email = failed()
    client.force_login(AdminFactory(is_superuser=False))
    assert client.post(page("resend", email.pk), {"reason": "x"}).status_code == 403
    assert EmailMessage.objects.get().status == "failed"
