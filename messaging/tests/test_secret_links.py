"""Staff see mails of other people, and never what only their readers may open."""

import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from environ import Env

from loyalty.conf.mail import mail_settings
from loyalty.contributions import Subject
from loyalty.services.sealing import seal
from loyalty.tests.factories import AdminFactory
from messaging.gateways.mail import as_mail
from messaging.models import Consent, EmailMessage
from messaging.rules.blackout import BLACK
from messaging.rules.secret_links import without_secrets
from messaging.services.emails import queue_email
from messaging.services.erasure import export
from messaging.tests.test_emails import AT, TO
from partners.tests.factories import PartnerFactory

RESET = "https://l.test/en/account/reset/MTI/c8x2ab-5f0e7a0d3c1b4e6f8a9b0c1d2e3f4a5b/"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (RESET, f"https://l.test/en/account/reset/MTI/{BLACK}/"),
        (f'<a href="{RESET}">{RESET}</a>', f'<a href="https://l.test/en/account/reset/MTI/{BLACK}/">'),
        ("http://l.test/x?token=Abcdefghij0123456789&a=1", f"http://l.test/x?token={BLACK}&a=1"),
        ("https://l.test/app#key=Abcdefghij0123456789", f"https://l.test/app#key={BLACK}"),
    ],
)
def test_what_a_machine_made_up_is_blacked_out_of_a_link(text: str, shown: str) -> None:
    assert without_secrets(text).startswith(shown)
    assert "5f0e7a0d" not in without_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://kavosnamai.lt/rudens-2026-pasiulymai-visiems-pirkejams",
        "https://l.test/lt/portal/statements/81/download?format=pdf",
        '<img src="https://l.test/media/logos/5f0e7a0d3c1b4e6f8a9b0c1d2e3f4a5b.png" alt="">',
        "IBAN LT121000011101001000, invoice Abcdefghij0123456789",
        '<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ">',
        "",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert without_secrets(text) == text


def proof() -> tuple[EmailMessage, str]:
    token = seal(f"prove-email\n1\n2\n{TO}").decode()
    values = {"link": f"https://l.test/mail/confirm/{token}"}
    email = queue_email(partner=None, to=TO, template="email_proof", values=values, language="en", at=AT)
    return email, token


def news() -> tuple[EmailMessage, str]:
    partner = PartnerFactory()
    Consent.objects.create(partner=partner, channel="email", address=TO, is_given=True, source="till", given_at=AT)
    words = {"subject": "News", "message": "Coffee for half the price."}
    email = queue_email(
        partner=partner, to=TO, template="custom", values=words, language="en", purpose="marketing", at=AT
    )
    return email, email.unsubscribe_url.rsplit("/", 1)[1]


@pytest.mark.django_db
@pytest.mark.parametrize("written", [proof, news])
def test_the_back_office_shows_a_mail_without_the_secret_of_its_link(client: Client, written: Any) -> None:
    email, token = written()
    client.force_login(AdminFactory())
    for page in ("change", "page", "changelist"):
        where = [] if page == "changelist" else [email.pk]
        shown = client.get(reverse(f"admin:messaging_emailmessage_{page}", args=where)).content.decode()
        assert token[20:40] not in shown, page
        assert (BLACK in shown) == (page != "changelist")
    # Its reader gets it as it was written.
    sent = as_mail(email)
    assert token in sent.body
    assert token in str(sent.alternatives[0][0])


@pytest.mark.django_db
def test_what_a_subject_is_handed_opens_nothing() -> None:
    email, token = news()
    assert email.partner_id is not None
    subject = Subject(None, {}, frozenset({TO}), known={email.partner_id: frozenset({TO})})
    (mail,) = export(subject)["emails"]
    assert token not in str(mail)
    assert re.search(rf"/mail/unsubscribe/{BLACK}", mail["text"])


def test_a_production_machine_keeps_no_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept mails hold links for a new password."""
    monkeypatch.setenv("EMAIL_BACKEND", "messaging.backends.KeepInDatabase")
    with pytest.raises(ImproperlyConfigured, match="EMAIL_BACKEND"):
        mail_settings(Env(), development=False)
    assert mail_settings(Env(), development=True)["EMAIL_BACKEND"].endswith("KeepInDatabase")
