"""What partners and their staff hear by mail when the platform decides, in their language, and never a secret."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from loyalty.services import jobs
from loyalty.tests.factories import UserFactory
from messaging.models import EmailMessage
from messaging.services.emails import deliver_email
from messaging.tests.factories import MessageTemplateFactory
from partners.models import Partner
from partners.tests.callers import Caller, admin_caller
from partners.tests.factories import PaperFactory, PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Caller:
    return admin_caller()


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Kavos namai", contact_email="info@kava.test", default_language="lt")


def status(admin: Caller, partner: Partner, **body: Any) -> None:
    admin.put(f"/en/admin/partners/{partner.pk}/status", body)


def test_a_partner_hears_of_its_new_state_in_its_language(admin: Caller, partner: Partner) -> None:
    status(admin, partner, status="suspended", review_notes="Owes us money")
    email = EmailMessage.objects.get()
    assert (email.to, email.template, email.language) == ("info@kava.test", "partner_status_changed", "lt")
    assert (email.partner_id, email.subject) == (partner.pk, "Kavos namai: Sustabdyta")
    assert "Owes us money" not in email.text + email.html
    assert deliver_email(email_id=email.pk, at=timezone.now()).status == "sent"
    assert mail.outbox[-1].to == ["info@kava.test"]


def test_a_rejection_tells_why_and_other_languages_read_english(admin: Caller) -> None:
    partner = PartnerFactory(status="pending_review", default_language="lv", languages=["lv"])
    status(admin, partner, status="rejected", rejection_reason="The registration has <b>expired</b>.")
    email = EmailMessage.objects.get()
    assert (email.language, email.subject) == ("en", f"{partner.name}: Rejected")
    assert "The registration has <b>expired</b>." in email.text
    assert "&lt;b&gt;expired" in email.html


def test_nobody_is_told_where_that_was_asked_or_nothing_changed(admin: Caller, partner: Partner) -> None:
    status(admin, partner, status="active")
    status(admin, partner, status="suspended", send_notification=False)
    assert not EmailMessage.objects.exists()


def test_a_refused_step_sends_nothing_and_a_bad_address_stops_nobody(admin: Caller, partner: Partner) -> None:
    admin.put(f"/en/admin/partners/{partner.pk}/status", {"status": "approved"}, 409)
    assert not EmailMessage.objects.exists()
    Partner.objects.filter(pk=partner.pk).update(contact_email="not an address")
    status(admin, partner, status="suspended")
    partner.refresh_from_db()
    assert partner.status == "suspended"
    assert not EmailMessage.objects.exists()


def test_a_new_owner_gets_one_mail_without_a_secret_and_chooses_a_password(
    admin: Caller, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    partner = PartnerFactory()
    owner = {"email": "rasa@kava.test", "name": "Rasa", "language": "lt"}
    body = {"name": "Kava", "contact_email": "info@kava.test", "plan": partner.plan.code, "owner": owner}
    admin.post("/en/partners", body)
    email = EmailMessage.objects.get()
    assert (email.to, email.template, email.language) == ("rasa@kava.test", "staff_invited", "lt")
    assert "Savininkas" in email.text
    assert "Sveiki, Rasa!" in email.text
    assert "http://127.0.0.1:8000/account/forgot/" in email.text
    assert "/account/reset/" not in email.text
    started: list[Any] = []
    monkeypatch.setattr(jobs, "_start", lambda name, ids, _vital: started.append((name, ids)))
    page = Client()
    assert page.get("/account/forgot/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        known = page.post("/account/forgot/", {"email": "Rasa@kava.test"})
    with django_capture_on_commit_callbacks(execute=True):
        unknown = page.post("/account/forgot/", {"email": "nobody@kava.test"})
    assert known.status_code == unknown.status_code == 200
    assert known.content == unknown.content
    assert [ids["user_id"] is not None for name, ids in started if name == "loyalty.send_password_reset"] == [
        True,
        False,
    ]
    assert page.post("/account/forgot/", {"email": "x"}).status_code == 422
    assert Client(enforce_csrf_checks=True).post("/account/forgot/", {"email": "rasa@kava.test"}).status_code == 403


def test_who_has_an_account_is_told_to_use_it(admin: Caller) -> None:
    UserFactory(email="rasa@kava.test", language="en")
    body = {"name": "Kava", "contact_email": "i@kava.test", "plan": PartnerFactory().plan.code}
    admin.post("/en/partners", {**body, "owner": {"email": "rasa@kava.test"}})
    email = EmailMessage.objects.get()
    assert (email.template, email.language) == ("staff_added", "en")
    assert "/account/forgot/" not in email.text


def test_a_partner_made_in_vain_mails_nobody(admin: Caller) -> None:
    body = {"name": "Kava", "contact_email": "i@kava.test", "plan": PartnerFactory().plan.code}
    admin.post("/en/partners", {**body, "owner": {"email": "rasa@kava.test"}, "shop": {"name": "A", "phone": "1"}}, 422)
    assert not EmailMessage.objects.exists()


def test_a_refused_paper_is_asked_for_again_and_a_good_one_needs_no_mail(admin: Caller, partner: Partner) -> None:
    paper = PaperFactory(partner=partner)
    address = f"/en/admin/partners/{partner.pk}/verification/documents/{paper.pk}"
    admin.put(address, {"state": "verified"})
    assert not EmailMessage.objects.exists()
    admin.put(address, {"state": "failed", "reason": "Neįskaitoma"})
    email = EmailMessage.objects.get()
    assert (email.to, email.template, email.language) == ("info@kava.test", "paper_refused", "lt")
    assert "Neįskaitoma" in email.text
    assert "Įmonės registracija" in email.text


def test_texts_of_ones_own_in_any_language_reach_the_partner(admin: Caller) -> None:
    partner = PartnerFactory(name="Kafija", default_language="lv", languages=["lv"])
    shared = {"code": "partner_status_changed", "subject": "{{ partner_name }}", "button": ""}
    MessageTemplateFactory(**shared, language="lv", body="Jaunais statuss: {{ status }}")
    MessageTemplateFactory(**shared, language="en", partner=partner, body="Not asked for: {{ status }}")
    status(admin, partner, status="suspended")
    email = EmailMessage.objects.get()
    # We speak no Latvian ourselves: the word that we fill in is English.
    assert (email.language, email.subject, email.text.splitlines()[0]) == ("lv", "Kafija", "Jaunais statuss: Suspended")
    assert '<html lang="lv">' in email.html
