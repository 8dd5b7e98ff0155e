"""A till shows a QR code, an app scans it, the till knows the card (contract 5.3, decisions 10 and 11)."""

import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from cards.models import Card, IssuedCard, QrCardSession
from cards.rules.qr_links import link_of, read_link
from cards.services.cards import delete_card
from cards.services.issued_cards import block_card, issue_card
from cards.services.qr_cards import expire_qr_cards
from cards.tasks import expire_qr_cards as expire_task
from cards.tests.factories import CardFactory
from customers.models import Customer, Person
from customers.tests.callers import person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from ledger.tests.tills import sell
from loyalty.limits.limiter import default_limiter
from loyalty.models import AuditEvent
from loyalty.realtime.channels import place, unseal
from loyalty.services.audit import SYSTEM
from partners.choices import CredentialScope, PartnerStatus
from partners.models import Partner, Shop
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db(transaction=True)
GENERATE, SCAN = "/en/shop/qr-card/generate", "/en/auth/qr-card/scan"


class Desk:
    """A till of a partner with a programme, and a person with the app."""

    def __init__(self) -> None:
        self.partner: Partner = PartnerFactory(name="Kavos namai")
        self.shop: Shop = ShopFactory(partner=self.partner, name="Gedimino pr. 9")
        self.programme: Card = CardFactory(partner=self.partner, initial_bonus_points=25)
        self.till = credential_caller(self.partner)
        self.person: Person = PersonFactory(name="Ona Petraitė", email="ona@example.lt")
        self.app = person_caller(self.person)

    def generate(self, **body: Any) -> dict[str, Any]:
        return self.till.post(GENERATE, body, 200)["data"]

    def status(self, session_id: str, expect: int = 200) -> dict[str, Any]:
        body = self.till.get(f"/en/shop/qr-card/status/{session_id}", expect)
        return body["data"] if expect == 200 else body

    def told(self, session_id: str) -> dict[str, Any] | None:
        """The last event on the session's channel."""
        channel = f"qr-card.{session_id}"
        sealed = default_limiter().link.client.hget(place(channel), "frame")
        if sealed is None:
            return None
        frame = json.loads(unseal(channel, sealed))
        return {"event": frame["event"], **json.loads(frame["data"])}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def scan(app: Caller, link: str, expect: int = 200, path: str = SCAN) -> dict[str, Any]:
    return app.post(path, {"qr_code": link}, expect)


def age(session_id: str, **by: float) -> None:
    """Let time pass for a session."""
    shift = timedelta(**by)
    session = QrCardSession.objects.get(session_id=session_id)
    session.created_at, session.expires_at = session.created_at - shift, session.expires_at - shift
    session.save()


# --- The whole way


def test_from_the_picture_to_the_card(desk: Desk) -> None:
    opened = desk.generate(device_name="POS Terminal", shop_id=desk.shop.pk)
    assert (opened["partner_id"], opened["partner_name"]) == (desk.partner.pk, "Kavos namai")
    assert (opened["shop_id"], opened["channel"]) == (desk.shop.pk, f"qr-card.{opened['session_id']}")
    pending = desk.status(opened["session_id"])
    assert pending == {"session_id": opened["session_id"], "status": "pending", "expires_at": opened["expires_at"]}
    assert desk.told(opened["session_id"]) is None

    answer = scan(desk.app, opened["qr_code"])["data"]
    issued = IssuedCard.objects.get()
    assert answer["card"] == {"id": issued.pk, "card_number": issued.number, "points": 25}
    assert answer["partner"] == {"id": desk.partner.pk, "name": "Kavos namai", "logo": None}
    assert answer["shop"] == {"id": desk.shop.pk, "name": "Gedimino pr. 9"}
    assert (answer["device_name"], answer["status"]) == ("POS Terminal", "completed")

    done = desk.status(opened["session_id"])
    assert done["status"] == "completed"
    customer = Customer.objects.get()
    assert (customer.person_id, customer.shop_id) == (desk.person.pk, desk.shop.pk)
    data = done["card_data"]
    user = {"id": customer.pk, "name": "Ona Petraitė", "email": "ona@example.lt", "phone": desk.person.phone}
    assert data["user"] == user
    assert (data["id"], data["loyalty_card_id"], data["card_number"]) == (issued.pk, issued.pk, issued.number)
    assert (data["points"], data["points_balance"], data["status"]) == (25, 25, "active")
    assert data["redemption"] == {
        "enabled": desk.programme.points_redemption_enabled,
        "points_per_currency": 100.0,
        "currency_amount": 1.0,
        "min_points": desk.programme.min_points_for_redemption,
        "max_points": None,
    }
    assert data["points_rules"]["points_per_currency"] == 1.0

    told = desk.told(opened["session_id"])
    assert (told["event"], told["status"], told["session_id"]) == (
        *("card_identified", "authenticated", opened["session_id"]),
    )
    assert told["card_data"] == data
    assert told["timestamp"] == data["scanned_at"]
    event = AuditEvent.objects.get(action="qr_card.scanned")
    assert (event.actor_kind, event.actor_id, event.partner_id) == ("customer", customer.pk, desk.partner.pk)


def test_who_holds_a_card_shows_that_one_with_what_it_holds_now(desk: Desk) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    customer = CustomerFactory(partner=desk.partner, person=desk.person, phone=desk.person.phone)
    issued = issue_card(actor=SYSTEM, partner=desk.partner, card=desk.programme, customer=customer, at=at)
    opened = desk.generate()
    scan(desk.app, opened["qr_code"], path="/lt/shop/qr-card/scan")
    assert (IssuedCard.objects.count(), Customer.objects.count()) == (1, 1)
    sell(desk.partner, "A-1", "10.00", at=at + timedelta(minutes=1), customer=customer)
    data = desk.status(opened["session_id"])["card_data"]
    assert (data["id"], data["points"]) == (issued.pk, 35)
    assert desk.told(opened["session_id"])["card_data"]["points"] == 25


def test_a_customer_known_by_phone_is_recognized(desk: Desk) -> None:
    known = CustomerFactory(partner=desk.partner, phone=desk.person.phone, name="Petraitė O.", email=None)
    opened = desk.generate()
    scan(desk.app, opened["qr_code"])
    assert desk.status(opened["session_id"])["card_data"]["user"] == {
        "id": known.pk,
        "name": "Petraitė O.",
        "email": None,
        "phone": desk.person.phone,
    }


# --- The picture


def test_the_secret_is_not_in_the_picture(desk: Desk) -> None:
    opened = desk.generate()
    assert opened["session_id"] not in opened["qr_code"]
    assert opened["session_id"].replace("-", "") not in opened["qr_code"]
    pairing = read_link(opened["qr_code"])
    # The pairing id opens no status, and the till's secret scans nothing.
    assert desk.status(str(pairing), 404)["code"] == "QR_SESSION_NOT_FOUND"
    assert scan(desk.app, link_of(uuid.UUID(opened["session_id"])), 404)["code"] == "QR_SESSION_NOT_FOUND"
    assert desk.generate()["qr_code"] != opened["qr_code"]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "hello",
        "https://example.lt/?code=1",
        "loyaltylt://qr-login?code=5f0a2c1e8b7d4c3a9e6f1a2b3c4d5e6f",
        "loyaltylt://qr-card/x?session=5f0a2c1e-8b7d-4c3a-9e6f-1a2b3c4d5e6f",
        "loyaltylt://qr-card?code=5f0a2c1e8b7d4c3a9e6f1a2b3c4d5e6f&session=5f0a2c1e-8b7d-4c3a-9e6f-1a2b3c4d5e6f",
        "loyaltylt://qr-card?session=1",
        "loyaltylt://qr-card",
        "loyaltylt://qr-card?" + "session=x&" * 40,
        "loyaltylt://[qr-card",
        "x" * 501,
        17,
        None,
        ["a"],
    ],
)
def test_another_code_is_refused_by_name(desk: Desk, link: Any) -> None:
    body = desk.app.post(SCAN, {"qr_code": link}, 422)
    assert (body["code"], list(body["errors"])) == ("VALIDATION_ERROR", ["qr_code"])
    assert not Customer.objects.exists()


def test_an_older_picture_with_one_of_the_names_is_read_too(desk: Desk) -> None:
    pairing = uuid.uuid4()
    assert read_link(f"loyaltylt://qr-card?code={pairing.hex}") == pairing
    assert read_link(f" loyaltylt://qr-card?session={pairing}\n") == pairing


# --- One use, in time


def test_it_is_used_once_and_the_same_person_may_repeat(desk: Desk) -> None:
    opened = desk.generate()
    first = scan(desk.app, opened["qr_code"])["data"]
    assert scan(desk.app, opened["qr_code"])["data"] == first
    other = person_caller(PersonFactory())
    assert scan(other, opened["qr_code"], 409)["code"] == "RESOURCE_ALREADY_EXISTS"
    assert desk.status(opened["session_id"])["card_data"]["id"] == first["card"]["id"]
    assert Customer.objects.count() == 1
    assert AuditEvent.objects.filter(action="qr_card.scanned").count() == 1


def test_after_five_minutes_it_is_over_and_after_an_hour_forgotten(desk: Desk) -> None:
    opened = desk.generate()
    age(opened["session_id"], minutes=5)
    assert desk.status(opened["session_id"])["status"] == "expired"
    assert scan(desk.app, opened["qr_code"], 410)["code"] == "RESOURCE_EXPIRED"
    assert not Customer.objects.exists()
    age(opened["session_id"], minutes=60)
    assert desk.status(opened["session_id"], 404)["code"] == "QR_SESSION_NOT_FOUND"
    assert scan(desk.app, opened["qr_code"], 404)["code"] == "QR_SESSION_NOT_FOUND"


def test_a_till_is_told_that_the_time_is_over_once_and_old_codes_are_deleted(desk: Desk) -> None:
    over, open_, done, old = (desk.generate()["session_id"] for _ in range(4))
    scan(desk.app, QrCardSession.objects.get(session_id=done).qr_code)
    for session_id in (over, done):
        age(session_id, minutes=6)
    age(old, minutes=70)
    assert expire_qr_cards(at=timezone.now()) == 2
    assert (desk.told(over)["event"], desk.told(over)["status"]) == ("status_update", "expired")
    assert desk.told(open_) is None
    assert desk.told(done)["status"] == "authenticated"
    assert {str(one) for one in QrCardSession.objects.values_list("session_id", flat=True)} == {over, open_, done}
    assert desk.status(done)["status"] == "completed"
    default_limiter().link.client.flushdb()
    expire_task()
    assert desk.told(over) is None


def test_two_apps_at_once_are_one(desk: Desk) -> None:
    for _ in range(5):
        opened = desk.generate()
        apps = [person_caller(PersonFactory()) for _ in range(4)]
        start, found = threading.Barrier(len(apps)), []

        def run(app: Caller, link: str, start: threading.Barrier, found: list[int]) -> None:
            start.wait()
            response = app.client.post(SCAN, json.dumps({"qr_code": link}), content_type="application/json")
            found.append(response.status_code)
            connection.close()

        threads = [threading.Thread(target=run, args=(app, opened["qr_code"], start, found)) for app in apps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [200, 409, 409, 409]
        assert desk.status(opened["session_id"])["status"] == "completed"
    assert (Customer.objects.count(), IssuedCard.objects.count()) == (5, 5)


def test_one_person_at_two_tills_at_once_gets_one_card(desk: Desk) -> None:
    links = [desk.generate()["qr_code"] for _ in range(4)]
    start, found = threading.Barrier(4), []

    def run(link: str) -> None:
        start.wait()
        response = desk.app.client.post(SCAN, json.dumps({"qr_code": link}), content_type="application/json")
        found.append(response.status_code)
        connection.close()

    threads = [threading.Thread(target=run, args=(link,)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 4
    assert (Customer.objects.count(), IssuedCard.objects.count()) == (1, 1)


# --- Refusals


def test_a_blocked_card_is_shown_as_blocked(desk: Desk) -> None:
    customer = CustomerFactory(partner=desk.partner, person=desk.person, phone=desk.person.phone)
    at = timezone.now()
    issued = issue_card(actor=SYSTEM, partner=desk.partner, card=desk.programme, customer=customer, at=at)
    block_card(actor=SYSTEM, partner=desk.partner, issued_card=issued, reason="lost", at=at)
    opened = desk.generate()
    scan(desk.app, opened["qr_code"])
    assert desk.status(opened["session_id"])["card_data"]["status"] == "blocked"


def test_without_a_programme_nobody_is_enrolled(desk: Desk) -> None:
    delete_card(actor=SYSTEM, partner=desk.partner, card_id=desk.programme.pk, reach=None, at=timezone.now())
    opened = desk.generate()
    assert scan(desk.app, opened["qr_code"], 409)["code"] == "CARD_PROGRAMME_INACTIVE"
    assert desk.status(opened["session_id"])["status"] == "pending"
    assert not Customer.objects.exists()


def test_a_closed_account_or_partner_is_refused(desk: Desk) -> None:
    CustomerFactory(partner=desk.partner, person=desk.person, phone=desk.person.phone, is_active=False)
    opened = desk.generate()
    assert scan(desk.app, opened["qr_code"], 403)["code"] == "USER_BLOCKED"
    Partner.objects.filter(pk=desk.partner.pk).update(status=PartnerStatus.REJECTED)
    assert scan(desk.app, opened["qr_code"], 403)["code"] == "PARTNER_NOT_ACTIVE"
    assert QrCardSession.objects.get().status == "pending"


def test_another_partner_never_learns_of_it(desk: Desk) -> None:
    opened = desk.generate()
    scan(desk.app, opened["qr_code"])
    other = credential_caller(PartnerFactory())
    path = "/en/shop/qr-card/status/"
    foreign, absent = other.get(path + opened["session_id"], 404), other.get(path + str(uuid.uuid4()), 404)
    assert (foreign["code"], foreign["message"]) == (absent["code"], absent["message"])
    assert other.get(path + "no-uuid", 404)["code"] == "QR_SESSION_NOT_FOUND"


def test_shops_are_checked_and_a_till_of_one_shop_needs_name_none(desk: Desk) -> None:
    foreign = ShopFactory(partner=PartnerFactory())
    assert desk.till.post(GENERATE, {"shop_id": foreign.pk}, 404)["code"] == "RESOURCE_NOT_FOUND"
    limited = credential_caller(desk.partner, desk.shop)
    assert limited.post(GENERATE, {}, 200)["data"]["shop_id"] == desk.shop.pk
    other = ShopFactory(partner=desk.partner)
    assert limited.post(GENERATE, {"shop_id": other.pk}, 403)["code"] == "STORE_ACCESS_DENIED"
    assert desk.till.post(GENERATE, {"device_name": "x" * 256}, 422)["code"] == "VALIDATION_ERROR"
    assert desk.generate(shop_id=None, device_name=None, anything="else")["shop_id"] is None


@pytest.mark.parametrize("path", [GENERATE, "/en/shop/qr-card/status/5f0a2c1e-8b7d-4c3a-9e6f-1a2b3c4d5e6f"])
def test_bad_credentials_are_forbidden_here(path: str) -> None:
    send = Client().post if path == GENERATE else Client().get
    for headers in ({}, {"X-API-Key": "lty_nobody", "X-API-Secret": "x"}):
        response = send(path, content_type="application/json", headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "AUTH_FORBIDDEN")


def test_only_a_persons_own_app_scans(desk: Desk) -> None:
    opened = desk.generate()
    bound = person_caller(desk.person, desk.partner)
    assert scan(bound, opened["qr_code"], 403)["code"] == "INSUFFICIENT_PERMISSIONS"
    assert scan(desk.till, opened["qr_code"], 401)["code"] == "AUTH_REQUIRED"
    reader = credential_caller(desk.partner, scopes=[CredentialScope.READ])
    assert reader.post(GENERATE, {}, 403)["code"] in {"SCOPE_INSUFFICIENT", "AUTH_FORBIDDEN"}
    assert QrCardSession.objects.get().status == "pending"
