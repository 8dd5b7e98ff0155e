"""The official SDK 3.1.0 waits for the customer's answer on the realtime server, and has it the moment it is given."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cards.models import QrCardSession
from cards.services.qr_cards import expire_qr_cards
from customers.models import Customer, Person, QrLoginSession
from customers.services.qr_logins import expire_qr_logins
from customers.tests.callers import customer_headers
from customers.tests.factories import PersonFactory
from loyalty.realtime.tests.live import KEY, Realtime
from tests.conftest import Web
from tests.flows.test_sdk import Business, open_business

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def business(web: Web, realtime: Realtime) -> Business:
    return open_business(web)


class Phone:
    """A customer's app, over HTTP."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.person: Person = PersonFactory(name="Ona Petraitė", email="ona@petraite.lt")
        self.headers = customer_headers(self.person)

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        status, answer, _headers = self.web.call("POST", f"/lt/{path}", body or {}, **self.headers)
        assert status == 200, answer
        return answer


class Waiting:
    """A till that waits in a thread of its own, as a cashier's program does."""

    def __init__(self, wait: Callable[[], Any], realtime: Realtime) -> None:
        self.result: Any = None
        self.returned_at = 0.0

        def run() -> None:
            self.result = wait()
            self.returned_at = time.monotonic()

        before = int(str(realtime.health()["subscriptions"]))
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        realtime.wait_for(subscriptions=before + 1)

    def answer(self, asked_at: float) -> Any:
        """What the SDK returned, at most two seconds after the app had its answer."""
        self.thread.join(10)
        assert not self.thread.is_alive(), "the SDK still waits"
        assert self.returned_at - asked_at < 2
        return self.result


@pytest.fixture
def phone(web: Web) -> Phone:
    return Phone(web)


def test_the_config_leads_to_the_realtime_server(business: Business, realtime: Realtime) -> None:
    config = business.sdk.get_realtime_config()
    assert config == {"key": KEY, "host": "127.0.0.1", "port": realtime.port, "scheme": "http"}


def test_a_card_is_identified_the_moment_the_app_scans(business: Business, realtime: Realtime, phone: Phone) -> None:
    session = business.sdk.generate_qr_card_session(shop_id=business.shop.pk)
    assert business.sdk.poll_qr_card_status(session["session_id"])["status"] == "pending"
    till = Waiting(lambda: business.sdk.subscribe_qr_card(session["session_id"], timeout=20), realtime)
    phone.post("auth/qr-card/scan", {"qr_code": session["qr_code"]})
    told = till.answer(time.monotonic())

    customer = Customer.objects.get(person=phone.person)
    assert (told["status"], told["session_id"]) == ("authenticated", session["session_id"])
    card = told["card_data"]
    assert card["user"] == {
        "id": customer.pk,
        "name": "Ona Petraitė",
        "email": "ona@petraite.lt",
        "phone": phone.person.phone,
    }
    assert (card["points_balance"], card["partner"]["name"]) == (100, "Kavos namai")
    polled = business.sdk.poll_qr_card_status(session["session_id"])
    assert (polled["status"], polled["card_data"]) == ("completed", card)

    sale = business.sdk.create_transaction(
        order_id="QR-1", user_id=card["user"]["id"], loyalty_card_id=card["id"], order_total=20
    )
    assert (sale["points_balance"], sale["card_number"]) == (120, card["card_number"])


def test_a_till_that_listens_too_late_is_told_all_the_same(business: Business, phone: Phone) -> None:
    session = business.sdk.generate_qr_card_session()
    phone.post("auth/qr-card/scan", {"qr_code": session["qr_code"]})
    began = time.monotonic()
    told = business.sdk.subscribe_qr_card(session["session_id"], timeout=20)
    assert told["card_data"]["user"]["name"] == "Ona Petraitė"
    assert time.monotonic() - began < 15


def test_a_till_is_told_when_the_time_is_over(business: Business, realtime: Realtime) -> None:
    session = business.sdk.generate_qr_card_session()
    till = Waiting(lambda: business.sdk.subscribe_qr_card(session["session_id"], timeout=20), realtime)
    past = timezone.now() - timedelta(seconds=1)
    QrCardSession.objects.filter(session_id=session["session_id"]).update(expires_at=past)
    expire_qr_cards(at=timezone.now())
    assert till.answer(time.monotonic())["status"] == "expired"


def test_the_wait_ends_when_nobody_comes(business: Business) -> None:
    session = business.sdk.generate_qr_card_session()
    began = time.monotonic()
    assert business.sdk.subscribe_qr_card(session["session_id"], timeout=2) is None
    assert 1.5 < time.monotonic() - began < 15


def test_a_customer_is_logged_in_the_moment_the_app_confirms(
    business: Business, realtime: Realtime, phone: Phone, web: Web
) -> None:
    session = business.sdk.generate_qr_login(device_name="Kasa 1", shop_id=business.shop.pk)
    pairing = QrLoginSession.objects.get(session_id=session["session_id"]).pairing_id
    seen: list[tuple[str, Any]] = []

    def watch(event: str, payload: dict[str, Any]) -> Any:
        seen.append((event, payload.get("status")))
        return payload if payload.get("status") == "authenticated" else None

    till = Waiting(lambda: business.sdk.subscribe_qr_login(session["session_id"], watch, timeout=20), realtime)
    second = Waiting(lambda: business.sdk.subscribe_qr_login(session["session_id"], timeout=20), realtime)
    phone.post(f"shop/auth/qr-login/scan/{pairing.hex}")
    phone.post(f"shop/auth/qr-login/confirm/{pairing}")
    asked_at = time.monotonic()
    told = till.answer(asked_at)
    assert seen == [("status_update", "scanned"), ("status_update", "authenticated")]
    assert second.answer(asked_at) == told

    customer = Customer.objects.get(person=phone.person)
    assert told["user"] == {
        "id": customer.pk,
        "name": "Ona Petraitė",
        "phone": phone.person.phone,
        "email": "ona@petraite.lt",
    }
    status, answer, _headers = web.call("GET", "/lt/shop/loyalty-cards", Authorization=f"Bearer {told['token']}")
    assert (status, answer["data"]) == (200, [])


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_a_log_in_that_comes_to_nothing_ends_the_wait_too(
    business: Business, realtime: Realtime, phone: Phone, end: str
) -> None:
    session = business.sdk.generate_qr_login()
    login = QrLoginSession.objects.get(session_id=session["session_id"])
    till = Waiting(lambda: business.sdk.subscribe_qr_login(session["session_id"], timeout=20), realtime)
    if end == "cancelled":
        phone.post(f"shop/auth/qr-login/reject/{login.pairing_id}")
    else:
        QrLoginSession.objects.filter(pk=login.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        expire_qr_logins(at=timezone.now())
    told = till.answer(time.monotonic())
    assert told["status"] == end
    assert "token" not in told
