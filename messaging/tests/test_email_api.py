"""Mails to a partner over HTTP: what is sent in whose words, what is refused and why, and what became of it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.tests.factories import CardFactory
from loyalty.models import AuditEvent
from loyalty.tests.factories import UserFactory
from messaging.models import EmailMessage
from messaging.services.emails import deliver_email, queue_email
from messaging.tests.factories import MessageTemplateFactory
from messaging.tests.mail_servers import mail_server
from partners.models import Partner
from partners.tests.callers import Caller, admin_caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
WORDS = {"subject": "Sutartis", "message": "Sveiki,\n\nsutartis paruošta."}


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Kavos Namai", contact_email="info@kavosnamai.test", default_language="lt")


def send(admin: Caller, partner: Partner, status: int = 200, **body: Any) -> dict[str, Any]:
    return admin.post(f"/en/admin/partners/{partner.pk}/send-email", {**WORDS, **body}, status)


def of(partner: Partner, email_id: int | None = None) -> str:
    base = f"/en/admin/partners/{partner.pk}/emails"
    return base if email_id is None else f"{base}/{email_id}"


# --- Sending


def test_a_mail_is_queued_sent_in_the_partners_look_and_its_state_is_told(
    admin: Caller, partner: Partner, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    CardFactory(partner=partner, card_design={"background_color": "#3B2A20"})
    with django_capture_on_commit_callbacks() as callbacks:
        told = send(admin, partner)["data"]
    email = EmailMessage.objects.get()
    assert [callback.args[:2] for callback in callbacks] == [("messaging.send_email", {"email_id": email.pk})]
    assert told["id"] == email.pk
    assert (told["status"], told["to"], told["template_type"]) == ("queued", "info@kavosnamai.test", "custom")
    assert (told["subject"], told["language"], told["purpose"]) == ("Sutartis", "lt", "service")
    assert (told["attempts"], told["error"], told["sent_at"]) == (0, "", None)
    assert not {"text", "html", "message_id", "sender"} & set(told)
    with mail_server(settings) as server:
        deliver_email(email_id=email.pk, at=timezone.now())
    [mail] = server.mails
    assert (mail["To"], mail["Subject"]) == ("info@kavosnamai.test", "Sutartis")
    assert "background:#3b2a20;color:#ffffff" in mail.get_body(("html",)).get_content()
    assert "List-Unsubscribe" not in mail
    seen = admin.get(of(partner, email.pk))["data"]
    assert (seen["status"], seen["attempts"], seen["sent_at"] is not None) == ("sent", 1, True)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor_kind, event.partner_id) == ("email.queued", "admin", partner.pk)
    assert "Sutartis" not in str(event.changes)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "   "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"subject": "Hi\r\nBcc: victim@example.test"}, "subject"),
        ({"subject": "Hi\x1b"}, "subject"),
        ({"subject": None}, "subject"),
        ({"subject": ["a"]}, "subject"),
        ({"message": ""}, "message"),
        ({"message": " \n "}, "message"),
        ({"message": "x" * 20_001}, "message"),
        ({"message": "a\x1bb"}, "message"),
        ({"template_type": "no_such"}, "template_type"),
        ({"template_type": "partner_status_changed"}, "template_type"),
        ({"template_type": ""}, "template_type"),
        ({"template_type": "x" * 61}, "template_type"),
        ({"to": "somebody@else.test"}, "to"),
        ({"purpose": "marketing"}, "purpose"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field_and_nothing_is_queued(
    admin: Caller, partner: Partner, body: dict[str, Any], field: str
) -> None:
    refused = send(admin, partner, 422, **body)
    assert set(refused["errors"]) == {field}
    assert not EmailMessage.objects.exists()
    assert not AuditEvent.objects.filter(action="email.queued").exists()


@pytest.mark.parametrize("missing", ["subject", "message"])
def test_every_word_that_a_mail_needs_is_asked_for_by_name(admin: Caller, partner: Partner, missing: str) -> None:
    body = {name: text for name, text in WORDS.items() if name != missing}
    refused = admin.post(f"/lt/admin/partners/{partner.pk}/send-email", body, 422)
    assert set(refused["errors"]) == {missing}
    assert not EmailMessage.objects.exists()


def test_an_unknown_template_is_answered_with_those_that_there_are(admin: Caller, partner: Partner) -> None:
    MessageTemplateFactory(code="anniversary", partner=partner)
    MessageTemplateFactory(code="draft_only", is_active=False)
    MessageTemplateFactory(code="anothers", partner=PartnerFactory())
    [said] = send(admin, partner, 422, template_type="anothers")["errors"]["template_type"]
    assert "anniversary, custom, documents_requested, message_received" in said
    assert "draft_only" not in said
    assert "anothers" not in said
    assert send(admin, partner, template_type="anniversary")["data"]["template_type"] == "anniversary"


def test_words_longer_than_a_body_may_be_are_refused_before_they_are_read(admin: Caller, partner: Partner) -> None:
    send(admin, partner, 413, message="x" * 3_000_000)
    assert not EmailMessage.objects.exists()


def test_a_partner_gets_ten_mails_a_minute_however_many_write_and_others_go_on(admin: Caller, partner: Partner) -> None:
    for number in range(10):
        send(admin if number % 2 else admin_caller(), partner, subject=f"No {number}")
    refused = send(admin, partner, 429, subject="No 11")
    assert refused["code"] == "QUOTA_EXCEEDED"
    assert EmailMessage.objects.count() == 10
    send(admin, PartnerFactory(contact_email="a@b.test"))


def test_what_is_refused_for_its_form_costs_nothing_of_the_limit(admin: Caller, partner: Partner) -> None:
    for _ in range(12):
        send(admin, partner, 422, subject="")
    send(admin, partner)


def test_a_call_that_is_repeated_sends_one_mail(admin: Caller, partner: Partner) -> None:
    first = send(admin, partner)
    assert send(admin, partner)["data"]["id"] == first["data"]["id"]
    assert EmailMessage.objects.count() == 1
    path = f"/en/admin/partners/{partner.pk}/send-email"
    keyed = [admin.post(path, {**WORDS, "subject": "S"}, 200, **{"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert keyed[0]["data"]["id"] == keyed[1]["data"]["id"]
    assert EmailMessage.objects.count() == 2
    admin.post(path, {**WORDS, "subject": "Other"}, 422, **{"Idempotency-Key": "k-1"})


def test_a_contact_address_that_is_none_is_told_and_nothing_is_queued(admin: Caller, partner: Partner) -> None:
    Partner.objects.filter(pk=partner.pk).update(contact_email="not an address")
    assert set(send(admin, partner, 422)["errors"]) == {"to"}
    assert not EmailMessage.objects.exists()


def test_only_platform_staff_send_and_read(partner: Partner) -> None:
    email = queue_email(
        partner=partner, to="a@b.test", template="custom", values=WORDS, language="en", at=timezone.now()
    )
    for caller in (staff_caller(partner), credential_caller(partner), Caller({})):
        for path in (of(partner), of(partner, email.pk)):
            assert caller.client.get(path).status_code in {401, 403}
        answer = caller.client.post(
            f"/en/admin/partners/{partner.pk}/send-email", WORDS, content_type="application/json"
        )
        assert answer.status_code in {401, 403}
    assert EmailMessage.objects.count() == 1
    assert UserFactory().is_staff is False


def test_an_absent_partner_is_404(admin: Caller, partner: Partner) -> None:
    for path in (f"/en/admin/partners/{partner.pk + 1}/emails", f"/en/admin/partners/{partner.pk + 1}/emails/1"):
        assert admin.get(path, 404)["code"] == "PARTNER_NOT_FOUND"
    missing = Partner(pk=partner.pk + 1)
    assert send(admin, missing, 404)["code"] == "PARTNER_NOT_FOUND"


# --- Whose words, in which language


@pytest.mark.parametrize(
    ("stored", "language", "expected"),
    [
        # (partner's own?, language) of what is stored; what the partner speaks; what is sent.
        ([], "en", "built-in en"),
        ([], "lt", "built-in lt"),
        ([], "lv", "built-in en"),
        ([(False, "en")], "en", "platform en"),
        ([(False, "en")], "lt", "built-in lt"),
        ([(False, "en"), (True, "en")], "en", "own en"),
        ([(False, "lt"), (True, "en")], "lt", "platform lt"),
        ([(True, "lt"), (False, "lt")], "lt", "own lt"),
        ([(True, "lv")], "lv", "own lv"),
        ([(False, "lv")], "lv", "platform lv"),
        ([(False, "lv"), (True, "lv"), (True, "en")], "lv", "own lv"),
        ([(True, "en")], "lv", "own en"),
        ([(True, "lv")], "lt", "built-in lt"),
        ([(True, "pt-br")], "pt-br", "own pt-br"),
    ],
)
def test_the_partners_own_text_stands_above_everybodys_and_both_above_the_built_in_one(
    admin: Caller, stored: list[tuple[bool, str]], language: str, expected: str
) -> None:
    partner = PartnerFactory(contact_email="info@k.test", default_language=language, languages=[language])
    stranger = PartnerFactory()
    for code in ("en", "lt", "lv"):
        MessageTemplateFactory(
            code="documents_requested", language=code, partner=stranger, body="stranger {{ message }}"
        )
        MessageTemplateFactory(code="custom", language=code, body="other code {{ message }}")
    for is_own, spoken in stored:
        MessageTemplateFactory(
            code="documents_requested",
            language=spoken,
            partner=partner if is_own else None,
            body=f"{'own' if is_own else 'platform'} {spoken}: {{{{ message }}}}",
        )
    told = send(admin, partner, template_type="documents_requested", message="XYZ")["data"]
    source, spoken = expected.rsplit(" ", 1)
    assert told["language"] == spoken
    first = EmailMessage.objects.get().text.splitlines()[0]
    built_in = {"built-in en": "Hello,", "built-in lt": "Sveiki,"}
    assert first == built_in.get(expected, f"{source} {spoken}: XYZ")


def test_a_draft_is_not_sent_and_a_text_of_anybodys_language_beats_none(admin: Caller, partner: Partner) -> None:
    MessageTemplateFactory(code="custom", language="lt", partner=partner, body="draft", is_active=False)
    send(admin, partner)
    assert "draft" not in EmailMessage.objects.get().text
    MessageTemplateFactory(code="only_latvian", language="lv", body="Sveiki: {{ message }}")
    told = send(admin, partner, template_type="only_latvian", message="XYZ")["data"]
    assert told["language"] == "lv"
    assert EmailMessage.objects.latest("pk").text.startswith("Sveiki: XYZ")


# --- What became of them


def test_mails_are_listed_newest_first_narrowed_by_state_and_only_of_this_partner(
    admin: Caller, partner: Partner
) -> None:
    first, second = (send(admin, partner, subject=f"No {number}")["data"]["id"] for number in (1, 2))
    other = send(admin, PartnerFactory(contact_email="x@y.test"))["data"]["id"]
    EmailMessage.objects.filter(pk=first).update(status="failed", error="550 no such mailbox")
    assert [row["id"] for row in admin.get(of(partner))["data"]] == [second, first]
    [failed] = admin.get(of(partner), 200, status="failed")["data"]
    assert (failed["id"], failed["error"]) == (first, "550 no such mailbox")
    assert admin.get(of(partner), 200, status="sent")["data"] == []
    assert admin.get(of(partner), 200, page="2", per_page="1")["meta"]["total"] == 2
    assert admin.get(of(partner), 422, status="nonsense")["code"] == "VALIDATION_ERROR"
    assert admin.get(of(partner), 400, nonsense="1")["success"] is False
    stranger = admin.get(of(partner, other), 404)
    absent = admin.get(of(partner, 10**9), 404)
    assert (stranger["code"], stranger["errors"]) == (absent["code"], absent["errors"])


def test_news_to_customers_are_not_among_the_mails_to_a_partner(admin: Caller, partner: Partner) -> None:
    shared = {"template": "custom", "values": WORDS, "language": "en", "at": timezone.now()}
    news = queue_email(partner=partner, to="ona@klientai.test", **shared)
    EmailMessage.objects.filter(pk=news.pk).update(purpose="marketing")
    assert admin.get(of(partner))["data"] == []
    admin.get(of(partner, news.pk), 404)


def test_a_list_costs_as_many_queries_for_20_mails_as_for_2(admin: Caller, partner: Partner) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            admin.get(of(partner), 200, per_page="50")
        return len(queries)

    def add(count: int) -> None:
        shared = {"template": "custom", "values": WORDS, "language": "en", "at": timezone.now()}
        for _ in range(count):
            queue_email(partner=partner, to="a@b.test", **shared)

    add(2)
    cost()
    few = cost()
    add(18)
    assert cost() == few
