"""E-mails and their texts in the back office: looked at safely, sent again once, and seen before they are changed."""

from collections.abc import Iterator
from datetime import timedelta
from html import escape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import AdminFactory, UserFactory
from loyalty.tests.together import together
from messaging.errors import EmailConsentMissing, EmailNotFailed
from messaging.models import EmailMessage, MessageTemplate
from messaging.rules.built_in import BUILT_IN
from messaging.rules.samples import SAMPLES
from messaging.services.consents import record_consents
from messaging.services.email_resending import resend_email
from messaging.services.emails import LEASE, deliver_email, erase_address, queue_email
from messaging.tests.factories import MessageTemplateFactory
from messaging.tests.mail_servers import MailServer, mail_server
from partners.models import Partner
from partners.tests.factories import PartnerFactory

TO = "ona@kavosnamai.test"
FORM = {"code": "statement_issued", "language": "lt", "subject": "Nr. {{ number }}", "body": "Suma: {{ amount }}"}


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:messaging_{name}", args=args)


def mail(**values: Any) -> EmailMessage:
    words = {"subject": "Sutartis", "message": "<b>Sveiki</b>"}
    shared = {"partner": None, "to": TO, "template": "custom", "values": words, "language": "en"}
    return queue_email(**{**shared, "at": timezone.now(), **values})


def refused(server: MailServer, **values: Any) -> EmailMessage:
    server.answers[:] = ["554 5.7.1 not from here"]
    email = mail(**values)
    deliver_email(email_id=email.pk, at=timezone.now())
    email.refresh_from_db()
    assert (email.status, email.attempts, server.mails) == ("failed", 1, [])
    return email


# --- Sent again


@pytest.mark.django_db
def test_a_failed_mail_goes_out_again_after_a_question_with_a_reason(boss: Client, server: MailServer) -> None:
    email = refused(server, partner=PartnerFactory(name="Kavos Namai"))
    asked = boss.get(url("emailmessage_resend", email.pk)).content.decode()
    assert TO in asked
    assert "554 5.7.1 not from here" in asked
    email.refresh_from_db()
    assert email.status == "failed"
    answer = boss.post(url("emailmessage_resend", email.pk), {"reason": "The server is mended"}, follow=True)
    assert "The mail is in the queue again." in answer.content.decode()
    email.refresh_from_db()
    assert (email.status, email.error) == ("queued", "")
    assert email.expires_at > timezone.now() + timedelta(days=2)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.reason, event.partner_id) == ("email.resent", "The server is mended", email.partner_id)
    assert event.changes == {"status": ["failed", "queued"]}
    assert deliver_email(email_id=email.pk, at=timezone.now()).status == "sent"
    assert [one["Message-ID"] for one in server.mails] == [email.message_id]
    # What is sent, or waits, is not sent again.
    assert boss.post(url("emailmessage_resend", email.pk), {"reason": "again"}).status_code == 404
    assert len(server.mails) == 1


@pytest.mark.django_db
def test_only_what_failed_and_still_has_its_words_is_sent_again(server: MailServer) -> None:
    at = timezone.now()
    waiting = mail()
    with pytest.raises(EmailNotFailed):
        resend_email(actor=SYSTEM, email=waiting, reason="x", at=at)
    email = refused(server)
    erase_address(address=TO, partner_id=None)
    with pytest.raises(EmailNotFailed):
        resend_email(actor=SYSTEM, email=email, reason="x", at=at)
    partner = PartnerFactory()
    consent = ("email", "marketing", TO)
    record_consents(partner=partner, given={consent: True}, source="till", at=at)
    news = refused(server, partner=partner, purpose="marketing")
    record_consents(partner=partner, given={consent: False}, source="till", at=at)
    with pytest.raises(EmailConsentMissing):
        resend_email(actor=SYSTEM, email=news, reason="x", at=at)
    assert not AuditEvent.objects.filter(action="email.resent").exists()
    news.refresh_from_db()
    assert news.status == "failed"


@pytest.mark.django_db(transaction=True)
def test_sent_again_by_eight_at_once_it_goes_out_once(server: MailServer) -> None:
    email = refused(server)
    at = timezone.now()

    def resend() -> bool:
        try:
            resend_email(actor=SYSTEM, email=EmailMessage.objects.get(pk=email.pk), reason="x", at=at)
        except EmailNotFailed:
            return False
        return True

    assert sum(together([resend] * 8)) == 1
    assert AuditEvent.objects.filter(action="email.resent").count() == 1
    together([lambda: deliver_email(email_id=email.pk, at=at)] * 8)
    assert len(server.mails) == 1


@pytest.mark.django_db
def test_a_sender_that_was_given_up_for_dead_changes_nothing_of_a_mail_that_was_sent_again(server: MailServer) -> None:
    at = timezone.now()
    email = mail(at=at)
    EmailMessage.objects.filter(pk=email.pk).update(status="sending", attempts=1, due_at=at + LEASE)
    server.answers[:] = ["554 no"]
    deliver_email(email_id=email.pk, at=at + LEASE)
    resent = resend_email(actor=SYSTEM, email=email, reason="x", at=at + LEASE)
    assert (resent.status, resent.attempts) == ("queued", 2)
    deliver_email(email_id=email.pk, at=at + LEASE)
    email.refresh_from_db()
    assert (email.status, email.attempts) == ("sent", 3)


# --- Looked at


@pytest.mark.django_db
def test_a_mails_page_shows_it_in_a_frame_where_nothing_runs(boss: Client, client: Client) -> None:
    email = mail(partner=PartnerFactory(name="Kavos Namai"))
    shown = boss.get(url("emailmessage_change", email.pk)).content.decode()
    assert (
        f'<iframe sandbox="" referrerpolicy="no-referrer" loading="lazy" src="{url("emailmessage_page", email.pk)}"'
        in shown
    )
    assert "('queued'" not in shown
    assert '<table role="presentation"' not in shown
    page = boss.get(url("emailmessage_page", email.pk))
    assert page.content.decode() == email.html
    policy = page["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert "script" not in page["Content-Security-Policy"]
    assert (page["X-Frame-Options"], page["Referrer-Policy"]) == ("SAMEORIGIN", "no-referrer")
    assert "no-store" in page["Cache-Control"]
    assert boss.post(url("emailmessage_page", email.pk)).status_code == 405
    assert boss.get(url("emailmessage_page", email.pk + 1)).status_code == 404
    erase_address(address=TO, partner_id=email.partner_id)
    assert boss.get(url("emailmessage_page", email.pk)).status_code == 404
    assert "Its words are forgotten." in boss.get(url("emailmessage_change", email.pk)).content.decode()
    client.force_login(UserFactory(is_staff=True))
    assert client.get(url("emailmessage_page", email.pk)).status_code == 403
    assert Client().get(url("emailmessage_page", email.pk)).status_code == 302


# --- Texts


@pytest.mark.django_db
def test_the_overview_shows_every_message_and_what_stands_in_its_place(boss: Client) -> None:
    everybody = MessageTemplateFactory(code="statement_issued", language="lt")
    for language in ("lt", "lv"):
        MessageTemplateFactory(code="statement_issued", language=language, partner=PartnerFactory())
    MessageTemplateFactory(code="paper_refused", language="en", is_active=False)
    MessageTemplateFactory(code="anniversary", language="en")
    shown = boss.get(url("built_in")).content.decode()
    for code in BUILT_IN:
        assert code in shown
        assert (url("built_in_preview", code, "en") in shown) is True
    assert url("built_in_preview", "statement_issued", "lt") not in shown
    assert url("messagetemplate_change", everybody.pk) in shown
    assert shown.count("1 partner&#x27;s own") == 2
    assert shown.count("1 draft") == 1
    assert "anniversary" in shown


@pytest.mark.django_db
def test_the_overview_costs_the_same_however_many_texts_there_are(
    boss: Client, django_assert_max_num_queries: Any
) -> None:
    boss.get(url("built_in"))
    for number in range(20):
        MessageTemplateFactory(code=f"own_{number}", partner=PartnerFactory())
    with django_assert_max_num_queries(6):
        assert boss.get(url("built_in")).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "lt"])
@pytest.mark.parametrize("code", sorted(BUILT_IN))
def test_every_built_in_message_is_shown_with_sample_values(boss: Client, code: str, language: str) -> None:
    assert set(BUILT_IN[code].known) <= set(SAMPLES)
    page = boss.get(url("built_in_preview", code, language)).content.decode()
    letter = boss.get(url("built_in_page", code, language))
    assert url("built_in_page", code, language) in page
    assert f"add/?code={code}&amp;language={language}" in page
    html = letter.content.decode()
    assert f'<html lang="{language}">' in html
    assert "{{" not in html
    assert "[" not in html.split("</head>")[1]
    assert letter["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.django_db
def test_what_is_not_built_in_has_no_preview_and_the_pages_need_a_permission(boss: Client) -> None:
    assert boss.get(url("built_in_preview", "no_such", "en")).status_code == 404
    assert boss.get(url("built_in_preview", "custom", "lv")).status_code == 404
    assert boss.get(url("built_in_page", "custom", "lv")).status_code == 404
    viewer, stranger = Client(), Client()
    looking = UserFactory(is_staff=True)
    looking.user_permissions.set(Permission.objects.filter(codename="view_messagetemplate"))
    viewer.force_login(looking)
    stranger.force_login(UserFactory(is_staff=True))
    for name, args in (("built_in", ()), ("built_in_preview", ("custom", "en")), ("built_in_page", ("custom", "en"))):
        assert stranger.get(url(name, *args)).status_code == 403
        seen = viewer.get(url(name, *args))
        assert seen.status_code == 200
        assert "add/?code" not in seen.content.decode()


@pytest.mark.django_db
def test_a_text_of_ones_own_begins_with_the_built_in_one_and_is_stored_checked_and_audited(boss: Client) -> None:
    form = boss.get(url("messagetemplate_add"), {"code": "statement_issued", "language": "lt"})
    initial = form.context["adminform"].form.initial
    assert initial["subject"] == "Ataskaita {{ number }}"
    assert "{{ amount }}" in initial["body"]
    made = boss.post(url("messagetemplate_add"), {**FORM, "is_active": "on"})
    assert made.status_code == 302, made.content.decode()
    template = MessageTemplate.objects.get()
    assert AuditEvent.objects.latest("pk").action == "messagetemplate.created"
    page = boss.get(url("messagetemplate_change", template.pk)).content.decode()
    assert "Nr. LOY-2026-000123" in page
    assert '<iframe sandbox="" referrerpolicy="no-referrer" srcdoc="&lt;!doctype html&gt;' in page
    # All of the mail is in the frame, nothing of it in the page around.
    assert '<table role="presentation"' not in page
    assert "{{ amount }}" in page
    double = boss.post(url("messagetemplate_add"), {**FORM, "is_active": "on"})
    assert double.status_code == 200
    assert MessageTemplate.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("body", "Suma: {{ amount }} {{ secret }}", "Unknown variable: secret."),
        ("subject", "{{ number }} {{ settings.SECRET_KEY }}", "Braces only stand around"),
        ("body", "{% load static %}", "Braces only stand around"),
        ("subject", "x" * 201, "at most 200 characters"),
        ("code", "Not A Code", "Small letters, digits and underscores"),
        ("language", "lithuanian", "at most 5 characters"),
        ("language", "LT", "A language code such as"),
        ("body", "", "This field is required."),
    ],
)
def test_a_text_that_could_not_be_sent_is_refused_at_its_field(boss: Client, field: str, value: str, said: str) -> None:
    answer = boss.post(url("messagetemplate_add"), {**FORM, field: value, "is_active": "on"})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert escape(said) in answer.content.decode()
    assert MessageTemplate.objects.count() == 0


@pytest.mark.django_db
def test_a_button_needs_a_link(boss: Client) -> None:
    form = {**FORM, "code": "custom", "subject": "{{ subject }}", "body": "{{ message }}", "button": "Open"}
    answer = boss.post(url("messagetemplate_add"), form)
    assert list(answer.context["adminform"].form.errors) == ["button"]


@pytest.mark.django_db
def test_a_text_is_changed_with_a_reason_moved_nowhere_and_taken_away_again(boss: Client) -> None:
    partner: Partner = PartnerFactory()
    template = MessageTemplateFactory(code="statement_issued", language="lt", partner=partner)
    change = {"subject": "Naujas {{ number }}", "body": "Tekstas", "is_active": "on", "audit_reason": "clearer"}
    moved = {"code": "custom", "language": "en", "partner": PartnerFactory().pk}
    assert boss.post(url("messagetemplate_change", template.pk), {**change, **moved}).status_code == 302
    template.refresh_from_db()
    assert (template.code, template.language, template.partner) == ("statement_issued", "lt", partner)
    event = AuditEvent.objects.latest("pk")
    assert (event.reason, event.partner_id) == ("clearer", partner.pk)
    assert set(event.changes) == {"subject", "body"}
    boss.post(url("messagetemplate_restore", template.pk), {"reason": "not needed"})
    assert not MessageTemplate.objects.exists()
    assert AuditEvent.objects.latest("pk").action == "message_template.deleted"
