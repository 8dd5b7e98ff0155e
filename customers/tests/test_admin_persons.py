"""Persons in the back office: found by phone, shut out and let in with a reason, never edited."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import OneTimeCode, Person, QrLoginSession
from customers.services.one_time_codes import send_code
from customers.services.qr_logins import open_qr_login
from customers.tests.callers import customer_headers
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.models import AuditEvent, LoginSession
from loyalty.tests.factories import AdminFactory, UserFactory
from partners.models import ApiCredential
from partners.tests.callers import credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
LIST = "admin:customers_person_changelist"


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


@pytest.fixture
def person() -> Person:
    return PersonFactory(phone="+37061234567", email="Ona@example.test")


def act(client: Client, name: str, person: Person, **data: str) -> Any:
    return client.post(
        reverse(f"admin:customers_person_{name}", args=[person.pk]), {"reason": "asked by phone", **data}
    )


def me(headers: dict[str, str]) -> int:
    return Client(headers=headers).get("/en/shop/auth/me").status_code


@pytest.mark.parametrize("term", ["612 34567", "+37061234567", "861234567", "ona@EXAMPLE.test"])
def test_a_person_is_found_as_people_tell_it(boss: Client, person: Person, term: str) -> None:
    other = PersonFactory(phone="+37069999999")
    page = boss.get(reverse(LIST), {"q": term}).content.decode()
    assert reverse("admin:customers_person_change", args=[person.pk]) in page
    assert reverse("admin:customers_person_change", args=[other.pk]) not in page


def test_the_page_shows_what_partners_know_and_edits_nothing(boss: Client, person: Person) -> None:
    customer = CustomerFactory(person=person, partner__name="Kavos namai", name="Ona at the shop")
    page = boss.get(reverse("admin:customers_person_change", args=[person.pk])).content.decode()
    assert "Ona at the shop" in page
    assert "Kavos namai" in page
    assert reverse("admin:customers_customer_change", args=[customer.pk]) in page
    assert 'name="_save"' not in page
    assert boss.get(reverse("admin:customers_person_add")).status_code == 403


def test_blocking_ends_every_token_and_unblocking_lets_in_again(boss: Client, person: Person) -> None:
    free, bound = customer_headers(person), customer_headers(person, PartnerFactory())
    assert act(boss, "block", person).status_code == 302
    assert me(free) == me(bound) == 401
    person.refresh_from_db()
    assert not person.is_active
    assert LoginSession.objects.filter(person_id=person.pk, revoked_at=None).count() == 0
    assert act(boss, "block", person).status_code == 404
    assert act(boss, "unblock", person).status_code == 302
    person.refresh_from_db()
    assert person.is_active
    assert me(free) == 401
    assert me(customer_headers(person)) == 200
    trail = AuditEvent.objects.filter(action__in=["person.blocked", "person.unblocked"])
    assert {(event.actor_kind, event.reason) for event in trail} == {("admin", "asked by phone")}


def test_logging_out_everywhere_leaves_the_account(boss: Client, person: Person) -> None:
    headers = customer_headers(person)
    assert act(boss, "log_out_everywhere", person).status_code == 302
    assert me(headers) == 401
    assert me(customer_headers(Person.objects.get(pk=person.pk))) == 200


def test_erasing_needs_the_right_to_delete(person: Person, client: Client) -> None:
    editor = UserFactory(is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["view_person", "change_person"]))
    client.force_login(editor)
    assert act(client, "erase", person).status_code == 403
    client.force_login(AdminFactory())
    assert act(client, "erase", person).status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.erased_at is not None) == (None, True)
    assert act(client, "unblock", person).status_code == 404
    assert client.get(reverse("admin:customers_person_change", args=[person.pk])).status_code == 200


def test_codes_have_no_page_and_a_qr_login_hides_its_secret(boss: Client) -> None:
    send_code(phone="+37061234567", purpose="login", brand=None, language="en", at=timezone.now())
    assert OneTimeCode.objects.count() == 1
    assert boss.get("/admin/customers/onetimecode/").status_code == 404
    partner = PartnerFactory()
    credential_caller(partner)
    login = open_qr_login(
        partner=partner,
        credential=ApiCredential.objects.latest("pk"),
        shop_id=None,
        reach=None,
        device_name="Kasa 1",
        at=timezone.now(),
    )
    page = boss.get(reverse("admin:customers_qrloginsession_change", args=[login.pk])).content.decode()
    assert str(login.pairing_id) in page
    assert str(login.session_id) not in page
    assert 'name="_save"' not in page
    assert QrLoginSession.objects.count() == 1


def test_a_phone_that_staff_correct_makes_the_customer_somebody_elses(boss: Client, person: Person) -> None:
    customer = CustomerFactory(phone="+37060000009")
    address = reverse("admin:customers_customer_change", args=[customer.pk])
    body = {"name": customer.name, "email": customer.email, "phone": person.phone, "is_active": "on"}
    assert boss.post(address, {**body, "audit_reason": "a typing error"}).status_code == 302
    customer.refresh_from_db()
    assert (customer.phone, customer.person) == (person.phone, person)
    boss.post(address, {**body, "phone": "+37060000008", "audit_reason": "another"})
    customer.refresh_from_db()
    assert customer.person is None
