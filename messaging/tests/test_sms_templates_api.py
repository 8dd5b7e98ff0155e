"""SMS texts of one's own over the API: written by platform staff, sent by the partner's system."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.errors import ResourceAlreadyExists
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from messaging.errors import MessageTemplateNotFound
from messaging.models import SmsAccount, SmsMessage, SmsTemplate
from messaging.services.sms_templates import change_sms_template, create_sms_template
from messaging.tests.sms_factories import SmsAccountFactory
from partners.models import Partner
from partners.tests.callers import Caller, admin_caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
READY = {"code": "order_ready", "language": "lt", "text": "{{ name }}, Jūsų užsakymas {{ number }} paruoštas."}
SEND = {"source": "Coffee", "destination": "+37060000001", "template": "order_ready"}
VALUES = {"name": "Ona", "number": "A-7"}


@pytest.fixture
def partner(settings: Any) -> Partner:
    settings.SMS_SHOWS_CODES = True
    return PartnerFactory(default_language="lt")


@pytest.fixture
def account(partner: Partner) -> SmsAccount:
    return SmsAccountFactory(partner=partner)


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


def at(partner: Partner, rest: str = "") -> str:
    return f"/en/admin/partners/{partner.pk}/sms/templates{rest}"


def own(partner: Partner | None, language: str = "lt", text: str = READY["text"], **more: Any) -> SmsTemplate:
    return SmsTemplate.objects.create(
        **{"partner": partner, "code": "order_ready", "language": language, "text": text, **more}
    )


# --- Written


def test_a_text_is_written_changed_and_taken_away_with_its_trail(admin: Caller, partner: Partner) -> None:
    made = admin.post(at(partner), READY)["data"]
    assert made == {
        **READY,
        "id": made["id"],
        "is_active": True,
        "variables": ["name", "number"],
        "parts": 1,
        "updated_at": made["updated_at"],
    }
    one = at(partner, f"/{made['id']}")
    changed = admin.put(one, {"text": "{{ name }}: ready", "is_active": False})["data"]
    assert (changed["text"], changed["is_active"], changed["code"]) == ("{{ name }}: ready", False, "order_ready")
    assert admin.get(one)["data"] == changed
    assert [row["id"] for row in admin.get(at(partner))["data"]] == [made["id"]]
    admin.delete(one)
    admin.get(one, 404)
    trail = AuditEvent.objects.filter(action__startswith="sms_template.").order_by("pk")
    assert list(trail.values_list("action", flat=True)) == [
        f"sms_template.{what}" for what in ("created", "changed", "deleted")
    ]
    assert set(trail[1].changes) == {"text", "is_active"}
    assert all(event.partner_id == partner.pk for event in trail)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "X"}, "code"),
        ({"code": "a b c"}, "code"),
        ({"language": "lithuanian"}, "language"),
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "x" * 601}, "text"),
        ({"text": "{{ name"}, "text"),
        ({"text": "{name}"}, "text"),
        ({"code": "otp_login", "text": "Hello"}, "text"),
        ({"code": "otp_login", "text": "{{ code }} {{ password }}"}, "text"),
        ({"is_active": "perhaps"}, "is_active"),
        ({"partner_id": 1}, "partner_id"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field(
    admin: Caller, partner: Partner, change: dict[str, Any], field: str
) -> None:
    assert list(admin.post(at(partner), {**READY, **change}, 422)["errors"]) == [field]
    kept = own(partner)
    assert list(admin.put(at(partner, f"/{kept.pk}"), change, 422)["errors"]) == [field]
    kept.refresh_from_db()
    assert (kept.text, kept.code, SmsTemplate.objects.count()) == (READY["text"], "order_ready", 1)


def test_a_code_has_one_text_in_a_language(admin: Caller, partner: Partner) -> None:
    own(partner)
    admin.post(at(partner), {**READY, "language": "en"})
    assert admin.post(at(partner), READY | {"text": "x"}, 409)["code"] == "RESOURCE_ALREADY_EXISTS"
    english = SmsTemplate.objects.get(language="en")
    admin.put(at(partner, f"/{english.pk}"), {"language": "lt"}, 409)
    english.refresh_from_db()
    assert english.language == "en"
    assert AuditEvent.objects.filter(action__startswith="sms_template.").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_written_at_once_one_is_kept() -> None:
    partner = PartnerFactory()

    def write() -> bool:
        try:
            create_sms_template(actor=SYSTEM, partner=partner, data=READY, at=timezone.now())
        except ResourceAlreadyExists:
            return False
        return True

    assert sum(together([write] * 8)) == 1
    assert SmsTemplate.objects.count() == AuditEvent.objects.filter(action="sms_template.created").count() == 1


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_come_one_after_the_other_and_each_is_in_the_trail() -> None:
    kept = own(PartnerFactory())

    def change(text: str) -> SmsTemplate:
        return change_sms_template(
            actor=SYSTEM, partner=kept.partner, template_id=kept.pk, data={"text": text}, at=timezone.now()
        )

    together([lambda n=n: change(f"Text {n}") for n in range(8)])
    kept.refresh_from_db()
    trail = [event.changes["text"] for event in AuditEvent.objects.filter(action="sms_template.changed").order_by("pk")]
    assert len(trail) == 8
    assert [READY["text"], *(after for _before, after in trail)] == [*(before for before, _ in trail), kept.text]


def test_another_partners_text_is_absent_and_others_may_not_look(admin: Caller, partner: Partner) -> None:
    foreign, everybodys = own(PartnerFactory()), own(None)
    for template in (foreign, everybodys):
        one = at(partner, f"/{template.pk}")
        assert admin.get(one, 404)["code"] == "RESOURCE_NOT_FOUND"
        admin.put(one, {"text": "x"}, 404)
        admin.delete(one, 404)
    assert SmsTemplate.objects.filter(text=READY["text"]).count() == 2
    assert admin.get(at(partner))["data"] == []
    assert staff_caller(partner).get(at(partner), 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"


def test_the_list_asks_as_often_for_twenty_as_for_two(admin: Caller, partner: Partner) -> None:
    counts = []
    for number in (2, 18):
        for n in range(number):
            own(partner, code=f"code_{number}_{n}")
        with CaptureQueriesContext(connection) as asked:
            admin.get(at(partner), per_page=50)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_preview_says_what_it_reads_like_and_what_it_costs(
    admin: Caller, partner: Partner, account: SmsAccount
) -> None:
    body = {"code": READY["code"], "text": READY["text"], "variables": {"name": "Ona"}}
    shown = admin.post(at(partner, "/preview"), body, 200)["data"]
    assert shown == {
        "text": "Ona, Jūsų užsakymas [number] paruoštas.",
        "parts": 1,
        "encoding": "unicode",
        "variables": ["name", "number"],
        "price": {"country": "LT", "amount": 0.0556, "currency": "EUR"},
    }
    body |= {"text": "{{ name }}", "variables": {"name": "€" * 81}, "country": "DE"}
    shown = admin.post(at(partner, "/preview"), body, 200)["data"]
    assert (shown["parts"], shown["encoding"]) == (2, "gsm7"), "a euro takes two places"
    assert shown["price"] == {"country": "DE", "amount": 0.259, "currency": "EUR"}
    assert "text" in admin.post(at(partner, "/preview"), body | {"text": "{{"}, 422)["errors"]
    assert "country" in admin.post(at(partner, "/preview"), body | {"country": "de"}, 422)["errors"]
    SmsAccount.objects.update(is_active=False)
    assert admin.post(at(partner, "/preview"), body, 200)["data"]["price"]["amount"] is None
    assert (SmsMessage.objects.count(), SmsTemplate.objects.count()) == (0, 0)


# --- Sent


def test_a_text_is_sent_with_its_values_and_counted_under_its_code(account: SmsAccount) -> None:
    own(account.partner)
    own(account.partner, "en", "{{ name }}, order {{ number }} is ready.")
    till = credential_caller(account.partner)
    till.post("/en/sms/send", {**SEND, "variables": VALUES}, 200)
    till.post("/en/sms/send", {**SEND, "variables": {**VALUES, "name": "{{ number }}"}, "language": "en"}, 200)
    assert list(SmsMessage.objects.order_by("pk").values_list("text", "template")) == [
        ("Ona, Jūsų užsakymas A-7 paruoštas.", "order_ready"),
        ("{{ number }}, order A-7 is ready.", "order_ready"),
    ]
    stats = admin_caller().get(f"/en/admin/partners/{account.partner_id}/sms-stats")["data"]
    assert [(row["template"], row["messages"]) for row in stats["by_template"]] == [("order_ready", 2)]


def test_the_text_is_found_in_the_readers_language_or_the_next_best(account: SmsAccount) -> None:
    till = credential_caller(account.partner)

    def sent(language: str) -> str:
        till.post("/en/sms/send", {**SEND, "language": language, "variables": {}}, 200, **{"Idempotency-Key": language})
        return str(SmsMessage.objects.latest("pk").text)

    own(None, "lt", "Visiems")
    own(None, "en", "Everybody")
    assert sent("en") == "Everybody"
    own(account.partner, "en", "Ours, a draft", is_active=False)
    assert sent("de") == "Visiems", "the partner's own language before ours"
    own(account.partner, "lt", "Mūsų")
    assert sent("lt") == "Mūsų", "the partner's own before everybody's"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "variables"),
        ({"variables": {"name": "Ona"}}, 422, "variables"),
        ({"variables": {"name": {}, "number": "1"}}, 422, "variables"),
        ({"variables": {"name": "o" * 601, "number": "1"}}, 422, "variables"),
        ({"variables": []}, 422, "variables"),
        ({"variables": VALUES, "message": "and this"}, 422, "template"),
        ({"variables": VALUES, "template": "otp_login"}, 422, "template"),
        ({"variables": VALUES, "template": ""}, 422, "message"),
        ({"variables": VALUES, "template": "nothing_here"}, 404, None),
        ({"variables": VALUES, "template": "Not a code"}, 404, None),
    ],
)
def test_what_cannot_be_written_is_refused_and_costs_nothing(
    account: SmsAccount, body: dict[str, Any], status: int, field: str | None
) -> None:
    own(account.partner)
    own(PartnerFactory(), code="not_ours")
    answer = credential_caller(account.partner).post("/en/sms/send", {**SEND, **body}, status)
    if field is None:
        assert answer["code"] == MessageTemplateNotFound.code
    else:
        assert [name.partition(".")[0] for name in answer["errors"]] == [field]
    account.refresh_from_db()
    assert (account.balance, SmsMessage.objects.count()) == (10, 0)


def test_a_text_that_its_values_make_empty_or_endless_is_not_sent(account: SmsAccount) -> None:
    own(account.partner, text="{{ a }}{{ b }}{{ c }}")
    till = credential_caller(account.partner)
    for value in ("", "x" * 600):
        body = {**SEND, "variables": dict.fromkeys("abc", value)}
        assert list(till.post("/en/sms/send", body, 422)["errors"]) == ["variables"]
    assert SmsMessage.objects.count() == 0


def test_another_partners_text_cannot_be_sent(account: SmsAccount) -> None:
    own(PartnerFactory())
    credential_caller(account.partner).post("/en/sms/send", {**SEND, "variables": VALUES}, 404)
    assert SmsMessage.objects.count() == 0
