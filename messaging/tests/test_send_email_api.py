"""`send-email` and `emails` over HTTP: in the partner's language and brand, within limits, refused by field."""

from itertools import count
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from cards.tests.factories import CardFactory
from loyalty.models import AuditEvent
from messaging.models import EmailMessage, MessageTemplate
from messaging.services.emails import deliver_email
from partners.models import Partner
from partners.tests.callers import Caller, admin_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
BODY = {"subject": "Sutartis paruošta", "message": "Sveiki,\n\nprašome pasirašyti <iki penktadienio>."}


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(
        name="Kavos namai", contact_email="info@kava.test", default_language="lt", languages=["lt", "en", "lv"]
    )


def path(partner: Partner, what: str = "send-email") -> str:
    return f"/en/admin/partners/{partner.pk}/{what}"


def send(admin: Caller, partner: Partner, status: int = 200, **body: Any) -> dict[str, Any]:
    return admin.post(path(partner), {**BODY, **body}, status)


def text(code: str, language: str, subject: str, partner: Partner | None = None, **more: Any) -> MessageTemplate:
    row = {"code": code, "language": language, "subject": subject, "body": "{{ message }}"}
    return MessageTemplate.objects.create(**row, partner=partner, **more)


def test_a_mail_is_queued_sent_and_told_of(admin: Caller, partner: Partner) -> None:
    CardFactory(partner=partner, card_design={"background_color": "#5B3A29"})
    queued = send(admin, partner)["data"]
    assert (queued["status"], queued["template_type"]) == ("queued", "custom")
    email = EmailMessage.objects.get()
    assert (email.to, email.language, email.subject) == ("info@kava.test", "lt", "Sutartis paruošta")
    assert "&lt;iki penktadienio&gt;" in email.html
    assert "#5B3A29" in email.html, "the brand's color"
    assert AuditEvent.objects.filter(action="email.queued", partner_id=partner.pk).count() == 1
    deliver_email(email_id=email.pk, at=timezone.now())
    assert mail.outbox[-1].to == ["info@kava.test"]
    assert admin.get(path(partner, f"emails/{email.pk}"))["data"]["status"] == "sent"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"subject": "Hello\nBcc: all@example.test"}, "subject"),
        ({"message": ""}, "message"),
        ({"message": "x" * 100_001}, "message"),
        ({"template_type": "no_such_template"}, "template_type"),
        ({"template_type": "partner_status_changed"}, "template_type"),  # it takes no words of one's own
        ({"to": "somebody@else.test"}, "to"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_field_and_nothing_is_queued(
    admin: Caller, partner: Partner, body: dict[str, Any], field: str
) -> None:
    assert field in send(admin, partner, 422, **body)["errors"]
    assert not EmailMessage.objects.exists()


def test_at_most_ten_mails_a_minute_reach_one_partner(admin: Caller, partner: Partner) -> None:
    other = PartnerFactory()
    for number in range(10):
        send(admin, partner, subject=f"No. {number}")
    refused = send(admin, partner, 429)
    assert refused["code"] == "QUOTA_EXCEEDED"
    assert EmailMessage.objects.filter(partner=partner).count() == 10
    send(admin, other)


def test_the_same_call_again_sends_one_mail(admin: Caller, partner: Partner) -> None:
    first = admin.post(path(partner), BODY, 200, **{"Idempotency-Key": "mail-1"})
    again = admin.post(path(partner), BODY, 200, **{"Idempotency-Key": "mail-1"})
    assert first["data"] == again["data"]
    assert EmailMessage.objects.count() == 1


def test_a_partners_own_text_comes_before_everybodys_and_both_before_the_built_in(
    admin: Caller, partner: Partner
) -> None:
    said = count(1)

    def subject() -> str:
        send(admin, partner, message=f"No. {next(said)}")
        return EmailMessage.objects.latest("pk").subject

    assert subject() == BODY["subject"]
    everybody = text("custom", "lt", "Visiems: {{ subject }}")
    assert subject() == "Visiems: Sutartis paruošta"
    own = text("custom", "lt", "Mums: {{ subject }}", partner)
    text("custom", "lt", "Kitiems: {{ subject }}", PartnerFactory())
    assert subject() == "Mums: Sutartis paruošta"
    MessageTemplate.objects.filter(pk=own.pk).update(is_active=False)
    assert subject() == "Visiems: Sutartis paruošta"
    MessageTemplate.objects.filter(pk=everybody.pk).update(language="lv")
    assert subject() == BODY["subject"], "another language is no reason to leave the reader's"


def test_a_text_stored_in_a_language_of_nobody_else_reaches_mails_about_the_state(admin: Caller) -> None:
    partner = PartnerFactory(name="Rīgas kafija", default_language="lv", languages=["lv"])
    row = {"code": "partner_status_changed", "language": "lv", "subject": "Jūsu statuss", "body": "{{ status }}"}
    MessageTemplate.objects.create(**row)
    admin.put(f"/en/admin/partners/{partner.pk}/status", {"status": "suspended"})
    email = EmailMessage.objects.get()
    assert (email.language, email.subject) == ("lv", "Jūsu statuss")


def test_the_list_is_narrowed_paged_and_of_this_partner_only(admin: Caller, partner: Partner) -> None:
    for number in range(3):
        send(admin, partner, subject=f"No. {number}")
    EmailMessage.objects.filter(subject="No. 1").update(status="failed", error="550 no such user")
    other = PartnerFactory()
    stranger = send(admin, other)["data"]["id"]
    listed = admin.get(path(partner, "emails"), per_page=2)
    assert [row["subject"] for row in listed["data"]] == ["No. 2", "No. 1"]
    assert listed["meta"]["total"] == 3
    failed = admin.get(path(partner, "emails"), status="failed")["data"]
    assert [(row["subject"], row["status"]) for row in failed] == [("No. 1", "failed")]
    assert "status" in admin.get(path(partner, "emails"), 422, status="lost")["errors"]
    admin.get(path(partner, f"emails/{stranger}"), 404)


def test_only_platform_staff_send_mails(partner: Partner) -> None:
    staff_caller(partner).post(path(partner), BODY, 403)
    assert not EmailMessage.objects.exists()
