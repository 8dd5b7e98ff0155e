"""What a partner's server gets when somebody logs in through its API credentials: that partner's view and no more."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.models import IssuedCard
from cards.services.issued_cards import issue_card
from cards.tests.factories import CardFactory
from customers.models import Customer, OneTimeCode, Person
from customers.services.qr_logins import open_qr_login
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.models import LoginSession
from loyalty.services.audit import SYSTEM
from messaging.models import SmsMessage
from partners.choices import PartnerStatus
from partners.models import ApiCredential, Partner
from partners.services.credentials import issue_credential
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
BASE = "/en/shop/auth"
PHONE = "+37060000001"


@pytest.fixture
def person() -> Person:
    return PersonFactory(phone=PHONE)


@pytest.fixture
def here() -> Partner:
    return PartnerFactory()


@pytest.fixture
def there(person: Person) -> Customer:
    """The same person at another partner, with a card."""
    customer: Customer = CustomerFactory(person=person, phone=PHONE)
    card = CardFactory(partner=customer.partner)
    issue_card(actor=SYSTEM, partner=customer.partner, card=card, customer=customer, at=timezone.now())
    return customer


def code_for(caller: Caller, kind: str = "login", phone: str = PHONE) -> str:
    caller.post(f"{BASE}/request-otp", {"phone": phone, "type": kind}, 200)
    found = re.search(r"\b\d{6}\b", SmsMessage.objects.latest("pk").text)
    assert found
    return found[0]


def enter(caller: Caller, phone: str = PHONE) -> dict[str, Any]:
    body = {"phone": phone, "otp": code_for(caller, phone=phone)}
    return dict(caller.post(f"{BASE}/login", body, 200)["data"])


def bearer(tokens: dict[str, Any]) -> Caller:
    return Caller({"Authorization": f"Bearer {tokens['token']}"})


def sees_one_partner_only(caller: Caller, here: Partner, there: Customer) -> None:
    assert caller.get(f"{BASE}/me")["data"]["id"] == Customer.objects.get(partner=here).pk
    assert caller.get("/en/shop/loyalty-cards")["data"] == []
    foreign = IssuedCard.objects.get(customer=there)
    caller.get(f"/en/shop/loyalty-cards/{foreign.pk}", 404)
    assert caller.get(f"{BASE}/statistics")["data"]["total_cards"] == 0
    refused = [
        caller.get(f"{BASE}/account", 403),
        caller.get(f"{BASE}/preferences", 403),
        caller.put(f"{BASE}/preferences", {"theme": "dark"}, 403),
        caller.put(f"{BASE}/profile", {"name": "Somebody"}, 403),
        caller.delete(f"{BASE}/account", 403),
    ]
    assert {answer["code"] for answer in refused} == {"INSUFFICIENT_PERMISSIONS"}


def test_a_log_in_through_credentials_shows_that_partner_and_nothing_else(here: Partner, there: Customer) -> None:
    tokens = enter(credential_caller(here))
    sees_one_partner_only(bearer(tokens), here, there)
    # With another partner's credentials beside it, it is nobody's.
    issued = issue_credential(actor=SYSTEM, partner=there.partner, name="till", at=timezone.now())
    keys = {"X-API-Key": issued.credential.key, "X-API-Secret": issued.secret}
    both = Caller({**keys, "Authorization": f"Bearer {tokens['token']}"})
    assert both.get(f"{BASE}/me", 401)["code"] == "INVALID_TOKEN"


def test_refreshing_keeps_the_bond(here: Partner, there: Customer) -> None:
    till = credential_caller(here)
    tokens = enter(till)
    for caller in (till, Caller({})):
        tokens = caller.post(f"{BASE}/refresh", {"refresh_token": tokens["refresh_token"]}, 200)["data"]
        sees_one_partner_only(bearer(tokens), here, there)
    assert LoginSession.objects.get().partner_id == here.pk


def test_registering_through_credentials_binds_too(here: Partner) -> None:
    till = credential_caller(here)
    body = {"phone": PHONE, "otp": code_for(till, "register"), "name": "Ona"}
    entered = till.post(f"{BASE}/register", body)["data"]
    assert bearer(entered).get(f"{BASE}/me")["data"]["id"] == Customer.objects.get(partner=here).pk
    assert bearer(entered).get(f"{BASE}/preferences", 403)["code"] == "INSUFFICIENT_PERMISSIONS"


def test_ones_own_app_gets_the_free_token_with_or_without_a_partners_key(person: Person, there: Customer) -> None:
    key = issue_credential(actor=SYSTEM, partner=PartnerFactory(), name="app", at=timezone.now()).credential.key
    for app in (Caller({}), Caller({"X-API-Key": key})):
        mine = bearer(enter(app))
        assert mine.get(f"{BASE}/me")["data"]["id"] == person.pk
        assert len(mine.get("/en/shop/loyalty-cards")["data"]) == 1
        mine.get(f"{BASE}/preferences", 200)


def test_a_bound_token_confirms_no_log_in_at_another_partners_till(person: Person, here: Partner) -> None:
    mine = bearer(enter(credential_caller(here)))
    other = PartnerFactory()
    credential: ApiCredential = issue_credential(actor=SYSTEM, partner=other, name="till", at=timezone.now()).credential
    shown = open_qr_login(
        partner=other, credential=credential, shop_id=None, reach=None, device_name="", at=timezone.now()
    )
    refused = mine.post(f"{BASE}/qr-login/confirm/{shown.pairing_id}", {}, 403)
    assert refused["code"] == "INSUFFICIENT_PERMISSIONS"
    shown.refresh_from_db()
    assert shown.status == "pending"
    assert not Customer.objects.filter(partner=other).exists()


def test_a_code_that_a_partner_asked_for_opens_nothing_without_its_credentials(person: Person, here: Partner) -> None:
    till, other = credential_caller(here), credential_caller(PartnerFactory())
    body = {"phone": PHONE, "otp": code_for(till)}
    for caller in (Caller({}), other):
        assert caller.post(f"{BASE}/login", body, 400)["code"] == "OTP_INVALID"
    assert OneTimeCode.objects.get().tries == 0
    assert not LoginSession.objects.exists()
    till.post(f"{BASE}/login", body, 200)


def test_a_code_of_ones_own_may_be_given_to_a_partner(person: Person, here: Partner) -> None:
    body = {"phone": PHONE, "otp": code_for(Caller({}))}
    entered = credential_caller(here).post(f"{BASE}/login", body, 200)["data"]
    assert bearer(entered).get(f"{BASE}/preferences", 403)["code"] == "INSUFFICIENT_PERMISSIONS"


def test_a_customer_whose_account_the_partner_closed_does_not_enter_there(person: Person, here: Partner) -> None:
    CustomerFactory(partner=here, person=person, phone=PHONE, is_active=False)
    till = credential_caller(here)
    body = {"phone": PHONE, "otp": code_for(till)}
    assert till.post(f"{BASE}/login", body, 403)["code"] == "USER_BLOCKED"
    CustomerFactory(partner=here, phone="+37060000002", is_active=False)
    fresh = {"phone": "+37060000002", "otp": code_for(till, "register", "+37060000002"), "name": "Jonas"}
    assert till.post(f"{BASE}/register", fresh, 403)["code"] == "USER_BLOCKED"
    assert not LoginSession.objects.exists()
    assert not Person.objects.filter(phone="+37060000002").exists()
    # What is theirs elsewhere stays theirs.
    enter(Caller({}))


def test_the_tokens_rest_with_their_partner_and_live_as_long_as_others(person: Person, here: Partner) -> None:
    mine = bearer(enter(credential_caller(here)))
    session = LoginSession.objects.get()
    assert session.expires_at - session.created_at == timedelta(days=30)
    Partner.objects.filter(pk=here.pk).update(status=PartnerStatus.SUSPENDED)
    assert mine.get(f"{BASE}/me", 403)["code"] == "PARTNER_NOT_ACTIVE"
