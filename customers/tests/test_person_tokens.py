"""Who a customer token is: a person at every partner, or at the one they granted it to, as they are right now."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import ShopViewSet
from customers.models import Person
from customers.selectors.persons import list_customers_of_person
from customers.tests.callers import customer_headers
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.api.base import Capability
from loyalty.api.envelope import ok
from loyalty.models import LoginSession
from loyalty.services.audit import SYSTEM
from loyalty.services.tokens import (
    ADMIN_REALM,
    PARTNER_REALM,
    bound_token,
    open_bound_session,
    open_person_session,
    open_session,
    read_access,
)
from loyalty.tests.factories import AdminFactory
from partners.choices import PartnerStatus
from partners.models import Partner
from partners.services.credentials import issue_credential
from partners.tests.factories import PartnerFactory, StaffFactory

pytestmark = pytest.mark.django_db


class Mirror(ShopViewSet):
    """Shows who called."""

    capabilities: ClassVar[Mapping[str, Capability]] = {
        "both": ("till.read", "customer.self"),
        "own": "customer.self",
        "account": "customer.account",
        "till": "till.read",
    }

    def both(self, request: Request) -> Response:
        who = {name: getattr(self, name) and getattr(self, name).pk for name in ("person", "partner", "credential")}
        return ok({**who, "actor": str(self.actor), "key": self.principal.limit_key})

    own = account = till = both


def ask(action: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    response = Mirror.as_view({"get": action})(RequestFactory().get("/en/shop/mirror", headers=dict(headers)))
    body = json.loads(response.render().content)
    return response.status_code, body["data"] if body["success"] else body["code"]


def till_headers(partner: Partner) -> dict[str, str]:
    issued = issue_credential(actor=SYSTEM, partner=partner, name="till", at=timezone.now())
    return {"X-API-Key": issued.credential.key, "X-API-Secret": issued.secret}


@pytest.fixture
def person() -> Person:
    return PersonFactory()


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory()


def test_a_free_token_is_a_person_without_a_partner(person: Person) -> None:
    status, who = ask("both", customer_headers(person))
    assert status == 200
    assert who == {
        "person": person.pk,
        "partner": None,
        "credential": None,
        "actor": f"person:{person.pk}",
        "key": f"person:{person.pk}",
    }
    assert ask("own", customer_headers(person))[0] == ask("account", customer_headers(person))[0] == 200


def test_a_bound_token_is_the_person_at_one_partner_and_reaches_no_account(person: Person, partner: Partner) -> None:
    headers = customer_headers(person, partner)
    status, who = ask("both", headers)
    assert (status, who["person"], who["partner"]) == (200, person.pk, partner.pk)
    assert who["key"] == f"person:{person.pk}@{partner.pk}"
    assert ask("own", headers)[0] == 200
    assert ask("account", headers) == (403, "INSUFFICIENT_PERMISSIONS")


def test_credentials_alone_are_the_partner(partner: Partner) -> None:
    status, who = ask("both", till_headers(partner))
    assert (status, who["person"], who["partner"]) == (200, None, partner.pk)
    assert ask("till", till_headers(partner))[0] == 200
    assert ask("own", till_headers(partner)) == (401, "AUTH_REQUIRED")


def test_credentials_beside_a_token_narrow_the_person_to_their_partner(person: Person, partner: Partner) -> None:
    status, who = ask("both", {**customer_headers(person), **till_headers(partner)})
    assert (status, who["person"], who["partner"]) == (200, person.pk, partner.pk)
    other = {**customer_headers(person, PartnerFactory()), **till_headers(partner)}
    assert ask("both", other) == (401, "INVALID_TOKEN")
    wrong = {**customer_headers(person), **till_headers(partner), "X-API-Secret": "lls_wrong"}
    assert ask("both", wrong) == (401, "API_SECRET_WRONG")


def test_a_token_is_nothing_where_only_tills_are_served(person: Person) -> None:
    assert ask("till", customer_headers(person)) == (401, "CREDENTIALS_MISSING")
    assert ask("both", {}) == (401, "CREDENTIALS_MISSING")
    assert ask("own", {}) == (401, "AUTH_REQUIRED")


def test_no_token_of_another_realm_is_a_customers(person: Person) -> None:
    staff, admin, at = StaffFactory(), AdminFactory(), timezone.now()
    for pair in (
        open_session(user=staff.user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=at),
        open_session(user=admin, realm=ADMIN_REALM, partner_id=None, at=at),
    ):
        assert ask("own", {"Authorization": f"Bearer {pair.access}"}) == (401, "INVALID_TOKEN")
    own = open_person_session(person_id=person.pk, token_version=person.token_version, at=at)
    assert ask("own", {"Authorization": f"Bearer {own.refresh}"}) == (401, "INVALID_TOKEN")


ENDS: dict[str, Callable[[Person], Any]] = {
    "blocking": lambda person: Person.objects.filter(pk=person.pk).update(is_active=False),
    "log-out everywhere": lambda person: Person.objects.filter(pk=person.pk).update(token_version=9),
    "log-out": lambda person: LoginSession.objects.filter(person_id=person.pk).update(revoked_at=timezone.now()),
    "deleting the session": lambda person: LoginSession.objects.filter(person_id=person.pk).delete(),
}


@pytest.mark.parametrize("end", sorted(ENDS))
def test_what_ends_a_token_ends_it_on_the_next_call(end: str, person: Person, partner: Partner) -> None:
    free, bound = customer_headers(person), customer_headers(person, partner)
    assert ask("own", free)[0] == ask("own", bound)[0] == 200
    ENDS[end](person)
    assert ask("own", free) == ask("own", bound) == (401, "INVALID_TOKEN")


def test_a_token_bound_to_a_suspended_partner_is_out_and_ones_own_is_not(person: Person, partner: Partner) -> None:
    free, bound = customer_headers(person), customer_headers(person, partner)
    Partner.objects.filter(pk=partner.pk).update(status=PartnerStatus.SUSPENDED)
    assert ask("own", bound) == (403, "PARTNER_NOT_ACTIVE")
    assert ask("own", free)[0] == 200


def test_access_lasts_an_hour_and_a_bound_session_no_longer(person: Person, partner: Partner) -> None:
    for of in (None, partner):
        fresh = customer_headers(person, of, at=timezone.now() - timedelta(minutes=59))
        stale = customer_headers(person, of, at=timezone.now() - timedelta(minutes=61))
        assert ask("own", fresh)[0] == 200
        assert ask("own", stale) == (401, "TOKEN_EXPIRED")
    bound = LoginSession.objects.filter(partner_id=partner.pk).latest("created_at")
    assert bound.expires_at - bound.created_at == timedelta(hours=1)


def test_a_bound_token_is_the_same_every_time_it_is_made(person: Person, partner: Partner) -> None:
    session = open_bound_session(
        person_id=person.pk, token_version=person.token_version, partner_id=partner.pk, at=timezone.now()
    )
    token = bound_token(session)
    assert token == bound_token(LoginSession.objects.get(pk=session.pk))
    claims = read_access(token, "customer")
    assert (claims.subject_id, claims.partner_id, claims.session_id) == (person.pk, partner.pk, session.pk)


def test_a_person_is_limited_by_the_hour_and_the_minute(person: Person) -> None:
    headers = customer_headers(person)
    answers = [ask("own", headers) for _ in range(61)]
    assert [status for status, _ in answers] == [200] * 60 + [429]
    assert answers[-1] == (429, "QUOTA_EXCEEDED")


def test_the_customers_of_a_person_are_their_own_at_each_partner(person: Person, partner: Partner) -> None:
    here = CustomerFactory(partner=partner, person=person)
    there = CustomerFactory(person=person)
    CustomerFactory(partner=partner)
    CustomerFactory(partner=partner, person=PersonFactory())
    assert set(list_customers_of_person(person=person)) == {here, there}
    assert list(list_customers_of_person(person=person, partner=partner)) == [here]


def test_persons_and_customers_never_share_an_id() -> None:
    ids = [factory().pk for factory in (PersonFactory, CustomerFactory, PersonFactory, CustomerFactory)]
    assert ids == sorted(set(ids))
    assert ids[-1] - ids[0] == 3
