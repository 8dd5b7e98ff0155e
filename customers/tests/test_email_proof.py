"""An e-mail address that a person typed is their word: it counts once a link that was mailed to it is opened."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer, Person
from customers.selectors.account import subject_of
from customers.services.email_proof import ask_for_proof, proof_url
from customers.services.erasure import erase_person
from customers.services.links import customer_of_person
from customers.services.one_time_codes import send_code
from customers.tests.callers import person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.services.sealing import seal
from loyalty.tests.together import together
from messaging.models import EmailMessage, SmsMessage
from messaging.services.emails import queue_email
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
PROFILE, REGISTER = "/en/shop/auth/profile", "/en/shop/auth/register"
VICTIM = "victim@example.test"


@pytest.fixture
def person() -> Person:
    return PersonFactory(email=None, email_verified_at=None, language="lt")


def link_of(mail: EmailMessage) -> str:
    found = re.search(r"/mail/confirm/\S+", mail.text)
    assert found, mail.text
    return found[0]


def give(person: Person, email: str | None = VICTIM, status: int = 200) -> dict[str, Any]:
    return person_caller(person).put(PROFILE, {"email": email}, status)


def open_link(url: str, status: int = 200) -> str:
    page = Client(enforce_csrf_checks=True).post(url)
    assert page.status_code == status, page.content
    return page.content.decode()


def test_an_address_that_is_typed_gets_one_mail_and_goes_to_no_partner(person: Person) -> None:
    answer = give(person, "  Victim@Example.TEST ")["data"]
    assert (answer["email"], answer["email_verified_at"]) == (VICTIM, None)
    mail = EmailMessage.objects.get()
    assert (mail.to, mail.template, mail.partner, mail.language) == (VICTIM, "email_proof", None, "lt")
    assert person.name not in mail.text + mail.subject + mail.html
    person.refresh_from_db()
    made = customer_of_person(person=person, partner=PartnerFactory(), at=AT)
    assert (made.email, made.phone) == (None, person.phone)
    assert EmailMessage.objects.count() == 1


def test_sales_by_the_address_of_somebody_else_are_not_the_persons(person: Person) -> None:
    give(person)
    partner = PartnerFactory()
    person.refresh_from_db()
    mine = customer_of_person(person=person, partner=partner, at=AT)
    body = {"order_id": "S-1", "user_email": VICTIM, "order_total": 10}
    credential_caller(partner).post("/en/shop/transactions/create", body, 200)
    owner = Customer.objects.get(partner=partner, email=VICTIM)
    assert owner.pk != mine.pk
    assert owner.person is None


def test_opening_the_link_proves_it_and_tells_the_partners_of_the_app(person: Person) -> None:
    give(person)
    person.refresh_from_db()
    here, there, told = PartnerFactory(), PartnerFactory(), PartnerFactory()
    by_app = customer_of_person(person=person, partner=here, at=AT)
    shadowed = customer_of_person(person=person, partner=there, at=AT)
    CustomerFactory(partner=there, email=VICTIM)
    by_staff = CustomerFactory(partner=told, person=person, email=None)
    url = link_of(EmailMessage.objects.get())
    page = Client().get(url)
    assert (page.status_code, VICTIM in page.content.decode()) == (200, True)
    person.refresh_from_db()
    assert person.email_verified_at is None
    for _ in range(2):
        assert VICTIM in open_link(url)
    person.refresh_from_db()
    assert person.email_verified_at is not None
    for customer in (by_app, shadowed, by_staff):
        customer.refresh_from_db()
    assert (by_app.email, shadowed.email, by_staff.email) == (VICTIM, None, None)
    assert customer_of_person(person=person, partner=PartnerFactory(), at=AT).email == VICTIM
    assert AuditEvent.objects.filter(action="person.email_verified").count() == 1
    assert VICTIM not in str(list(AuditEvent.objects.values()))
    me = person_caller(person)
    assert me.get("/en/shop/auth/me")["data"]["email_verified_at"] is not None
    # The same address again stays proved, another one does not.
    assert give(person)["data"]["email_verified_at"] is not None
    assert give(person, "other@example.test")["data"]["email_verified_at"] is None
    open_link(url, 404)
    assert give(person, None)["data"] == {**give(person, None)["data"], "email": None, "email_verified_at": None}


def test_a_registration_with_an_address_is_mailed_and_the_partner_gets_none() -> None:
    till = credential_caller(PartnerFactory())
    till.post("/en/shop/auth/request-otp", {"phone": "+37060000001", "type": "register"}, 200)
    code = re.search(r"\d{6}", SmsMessage.objects.get().text)
    assert code
    body = {"phone": "+37060000001", "otp": code[0], "name": "Ona", "email": VICTIM}
    user = till.post(REGISTER, body)["data"]["user"]
    assert (user["email"], user["email_verified_at"]) == (None, None)
    assert Customer.objects.get().email is None
    open_link(link_of(EmailMessage.objects.get()))
    assert Customer.objects.get().email == VICTIM


def test_links_that_are_old_forged_or_of_another_address_prove_nothing(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(email=VICTIM)
    person.refresh_from_db()
    old = proof_url(person=person, at=timezone.now() - timedelta(days=3, seconds=1))
    path = old[old.index("/mail/") :]
    open_link(path, 410)
    assert Client().get(path).status_code == 410
    good = proof_url(person=person, at=timezone.now())
    good = good[good.index("/mail/") :]
    forged = seal(f"unsubscribe-email\n{person.pk}\n1\n{VICTIM}").decode()
    for wrong in ("/mail/confirm/x", f"/mail/confirm/{forged}", good[:-4] + "AAAA", "/mail/confirm/ąčę"):
        open_link(wrong, 404)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    open_link(good, 404)
    Person.objects.filter(pk=person.pk).update(is_active=True)
    assert Person.objects.get(pk=person.pk).email_verified_at is None
    open_link(good)


def test_an_address_gets_three_mails_a_day_from_however_many_persons() -> None:
    persons = [PersonFactory(email=VICTIM, email_verified_at=None) for _ in range(5)]
    assert [ask_for_proof(person=one, at=AT) for one in persons] == [True, True, True, False, False]
    assert ask_for_proof(person=persons[3], at=AT + timedelta(hours=24)) is True
    assert EmailMessage.objects.filter(to=VICTIM).count() == 4


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_send_three_mails() -> None:
    persons = [PersonFactory(email=VICTIM, email_verified_at=None) for _ in range(8)]
    sent = together([lambda one=one: ask_for_proof(person=one, at=AT) for one in persons])  # type: ignore[misc]
    assert sum(sent) == 3
    assert EmailMessage.objects.count() == 3


def test_a_person_names_ten_addresses_a_day(person: Person) -> None:
    caller = person_caller(person)
    for number in range(10):
        caller.put(PROFILE, {"email": f"a{number}@example.test"})
    assert caller.put(PROFILE, {"email": "one.more@example.test"}, 429)["code"] == "QUOTA_EXCEEDED"
    person.refresh_from_db()
    assert person.email == "a9@example.test"
    caller.put(PROFILE, {"name": "Ona"})


def test_an_unproved_address_exports_and_erases_nothing_of_its_owner(person: Person) -> None:
    words = {"subject": "Yours", "message": "Private."}
    theirs = queue_email(partner=None, to=VICTIM, template="custom", values=words, language="en", at=AT)
    give(person)
    person.refresh_from_db()
    assert VICTIM not in subject_of(person).addresses
    assert "Private." not in str(person_caller(person).get("/en/shop/auth/account")["data"])
    erase_person(actor=SYSTEM, person=person, reason="", at=AT)
    theirs.refresh_from_db()
    assert (theirs.to, theirs.text.strip() != "") == (VICTIM, True)
    assert not EmailMessage.objects.filter(template="email_proof", to=VICTIM).exists()
    person.refresh_from_db()
    assert (person.email, person.email_verified_at) == (None, None)


def test_codes_still_go_by_phone_only(person: Person) -> None:
    give(person)
    assert person.phone is not None
    send_code(phone=person.phone, purpose="login", brand=None, language="en", at=AT)
    assert EmailMessage.objects.count() == 1
    Caller({}).post("/en/shop/auth/request-otp", {"phone": VICTIM, "type": "login"}, 422)
