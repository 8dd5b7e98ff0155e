"""Every column that can hold a text is either personal or not; what is personal is exported, and gone after erasure.

A new text column of the apps below fails here until it stands in PERSONAL or in PLAIN (promises H2 and H3).
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from customers.models import Customer, OneTimeCode, Person, QrLoginSession
from customers.selectors.account import export_person
from customers.services.erasure import erase_person
from customers.services.one_time_codes import send_code
from customers.services.qr_logins import confirm, open_qr_login
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.models import IdempotencyRecord
from loyalty.services.audit import SYSTEM
from messaging.models import (
    Consent,
    Delivery,
    EmailMessage,
    Message,
    MessageAttachment,
    MessageTemplate,
    SentEmail,
    SmsAccount,
    SmsMessage,
    SmsReceipt,
    SmsTemplate,
    SmsTopUp,
    WebhookEndpoint,
)
from messaging.services.emails import queue_email
from messaging.services.messages import Draft, send_message
from messaging.services.sms import queue_sms
from partners.models import ApiCredential
from partners.tests.callers import credential_caller

TEXTS = (
    *(models.CharField, models.TextField, models.JSONField, models.BinaryField),
    models.GenericIPAddressField,
)
APPS = ("customers", "messaging")
PERSONAL: dict[type[models.Model], set[str]] = {
    Person: {"phone", "name", "email", "preferences"},
    Customer: {"name", "email", "phone", "external_id"},
    OneTimeCode: {"phone"},
    Consent: {"address", "proof_ip", "proof_agent"},
    SmsMessage: {"phone", "text", "sealed"},
    SentEmail: {"to", "subject", "body"},
    EmailMessage: {"to", "subject", "text", "html", "unsubscribe_url"},
}
PLAIN: dict[type[models.Model], set[str]] = {
    Person: {"language"},
    Customer: {"language", "source"},
    OneTimeCode: {"purpose", "digest"},
    QrLoginSession: {"device_name", "status"},
    Consent: {"channel", "purpose", "source", "proof_page", "reference"},
    SmsMessage: {
        *("purpose", "template", "sender", "country", "currency", "status", "external_id", "error", "receipt_url"),
    },
    # The partner's own contact, as in partners.
    SmsAccount: {
        *(
            "account_name",
            "contact_name",
            "contact_email",
            "contact_phone",
            "company_name",
            "customer_id",
            "account_id",
        ),
        *("kind", "base_url", "host", "username", "sealed_password", "currency", "prices", "billing", "test_result"),
    },
    SmsTopUp: {"currency", "reference", "reason", "actor_kind"},
    SmsReceipt: {"status", "state", "error"},
    SmsTemplate: {"code", "language", "text"},
    SentEmail: {"sender"},
    EmailMessage: {
        *("template", "purpose", "language", "sender", "reply_to", "message_id", "status", "error"),
    },
    # What two businesses write to each other; addresses of customers in it are blacked out when they are erased.
    Message: {"message_type", "topic", "subject", "text"},
    MessageAttachment: {"name", "content_type", "sha256"},
    MessageTemplate: {"code", "language", "subject", "body", "button"},
    WebhookEndpoint: {"url", "description", "secret", "former_secret", "state", "reason"},
    Delivery: {"kind", "state", "error"},
}
# Codes last minutes; mails are kept on a demo machine only; a sealed text is there until it is sent; a mail is handed
# out once, as text.
NOT_EXPORTED = {
    OneTimeCode: {"phone"},
    SentEmail: {"to", "subject", "body"},
    SmsMessage: {"sealed"},
    EmailMessage: {"html", "unsubscribe_url"},
}
AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def test_every_text_column_is_personal_or_not() -> None:
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            found = {field.name for field in model._meta.concrete_fields if isinstance(field, TEXTS)}
            personal, plain = PERSONAL.get(model, set()), PLAIN.get(model, set())
            assert personal & plain == set(), model
            assert personal | plain == found, f"say in {__file__} which new columns of {model.__name__} are personal"


@pytest.fixture
def traces(db: None, settings: Any) -> tuple[Person, dict[str, str]]:
    """A person whose every personal column holds a value of its own; and which value that is."""
    settings.SMS_SHOWS_CODES = True
    values = {
        "Person.phone": "+37061230001",
        "Person.name": "Kanarėlė Asmuo",
        "Person.email": "kanarele.asmuo@example.test",
        "Person.preferences": "kanarėlės nuostata",
        "Customer.name": "Kanarėlė Klientė",
        "Customer.email": "kanarele.kliente@example.test",
        "Customer.phone": "+37061230002",
        "Customer.external_id": "KANARELE-17",
        "SmsMessage.text": "Kanarėlės žinutė",
        "Consent.proof_ip": "203.0.113.77",
        "Consent.proof_agent": "Kanarėlės naršyklė",
        "EmailMessage.to": "kanarele.kliente@example.test",
        "EmailMessage.subject": "Kanarėlės tema",
        "EmailMessage.text": "Kanarėlės el. pašto turinys",
        "SentEmail.subject": "Kanarėlės laiškas",
        "SentEmail.body": "Kanarėlės laiško turinys",
    }
    person = PersonFactory(
        phone=values["Person.phone"],
        name=values["Person.name"],
        email=values["Person.email"],
        preferences={"note": values["Person.preferences"]},
    )
    customer = CustomerFactory(
        person=person,
        name=values["Customer.name"],
        email=values["Customer.email"],
        phone=values["Customer.phone"],
        external_id=values["Customer.external_id"],
    )
    partner = customer.partner
    for address, channel in ((customer.phone, "sms"), (customer.email, "email")):
        Consent.objects.create(
            partner=partner,
            channel=channel,
            address=address,
            is_given=True,
            source="till",
            given_at=AT,
            proof_ip=values["Consent.proof_ip"],
            proof_agent=values["Consent.proof_agent"],
        )
    for phone in (person.phone, customer.phone):
        queue_sms(partner=partner, phone=phone, text=values["SmsMessage.text"], purpose="service", at=AT)
    words = {"subject": values["EmailMessage.subject"], "message": values["EmailMessage.text"]}
    queue_email(partner=partner, to=customer.email, template="custom", values=words, language="lt", at=AT)
    # A partner and the platform write about them; a mail carries it out.
    about = Draft(text=f"{customer.email}: 8 612 30002, {person.phone}", subject=customer.email, by_email=True)
    send_message(actor=SYSTEM, partner=partner, author=None, from_platform=True, draft=about, at=AT)
    SentEmail.objects.create(
        to=person.email, sender="a@b.test", subject=values["SentEmail.subject"], body=values["SentEmail.body"]
    )
    send_code(phone=person.phone, purpose="verify", brand=None, language="lt", at=AT)
    credential_caller(partner)
    till = ApiCredential.objects.latest("pk")
    login = open_qr_login(partner=partner, credential=till, shop_id=None, reach=None, device_name="Kasa", at=AT)
    confirm(person=person, code=str(login.pairing_id), at=AT)
    IdempotencyRecord.objects.create(
        scope="credential:1 POST /en/partners/customers", key="k", method="POST", path="/", fingerprint=b"x" * 32,
        status=201, body=json.dumps({"email": customer.email}), created_at=AT, expires_at=AT + timedelta(days=3),
    )  # fmt: skip
    return person, values


def everything() -> str:
    """Every column of every row of every app of ours, as text."""
    found: list[str] = []
    for app in ("loyalty", "partners", "messaging", "customers", "cards", "ledger", "games", "commissions"):
        for model in apps.get_app_config(app).get_models():
            rows = model._default_manager.values()
            found += [repr({name: _plain(value) for name, value in row.items()}) for row in rows]
    return "\n".join(found)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def test_the_export_shows_every_personal_column(traces: tuple[Person, dict[str, str]]) -> None:
    person, values = traces
    shown = json.dumps(export_person(person=person), cls=DjangoJSONEncoder, ensure_ascii=False)
    for model, columns in PERSONAL.items():
        for column in columns - NOT_EXPORTED.get(model, set()):
            value = values.get(f"{model.__name__}.{column}", values["Customer.phone"])
            assert value in shown, f"{model.__name__}.{column}"


def test_nothing_personal_is_left_after_erasure(traces: tuple[Person, dict[str, str]]) -> None:
    person, values = traces
    before = everything()
    assert all(value in before for value in values.values())
    erase_person(actor=SYSTEM, person=person, reason="asked by mail", at=AT)
    left = everything()
    assert [name for name, value in values.items() if value in left] == []
    assert "612 30002" not in left
