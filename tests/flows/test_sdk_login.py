"""The official SDK 3.1.0 at a till, and a customer's app beside it: log-in by QR code, and the link to the app."""

import re
import threading
import time
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Customer, Person
from loyalty.models import LoginSession
from messaging.models import SmsMessage
from tests.conftest import Web
from tests.flows.test_sdk import Business, open_business, refused

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
PHONE = "+37061234567"


class App:
    """What a customer's phone does, over HTTP."""

    def __init__(self, web: Web) -> None:
        self.web, self.token = web, ""

    def call(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        status, answer, _headers = self.web.call(method, f"/lt/shop/auth/{path}", body, **headers)
        assert status == expect, answer
        return answer.get("data")

    def register(self) -> int:
        self.call("POST", "request-otp", {"phone": PHONE, "type": "register"})
        code = re.search(r"\d{6}", SmsMessage.objects.latest("pk").text)
        assert code
        entered = self.call(
            "POST", "register", {"phone": PHONE, "otp": code[0], "name": "Ona", "email": "ona@example.lt"}, 201
        )
        self.token = entered["token"]
        return int(entered["user"]["id"])


@pytest.fixture
def business(web: Web) -> Business:
    return open_business(web)


def picture(shown: dict[str, Any]) -> tuple[str, str]:
    found = re.fullmatch(r"loyaltylt://qr-login\?code=(\w{32})&session=([0-9a-f-]{36})", shown["qr_code"])
    assert found
    return found[1], found[2]


def test_a_customer_registers_and_logs_in_at_the_till(business: Business, web: Web) -> None:
    app = App(web)
    person_id = app.register()
    shown = business.sdk.generate_qr_login(shop_id=business.shop.pk)
    code, pairing = picture(shown)
    assert business.sdk.poll_qr_login(shown["session_id"])["status"] == "pending"
    assert app.call("POST", f"qr-login/scan/{code}")["device_name"] == "Python SDK"
    assert business.sdk.poll_qr_login(shown["session_id"])["status"] == "scanned"
    app.call("POST", f"qr-login/confirm/{pairing}")
    done = business.sdk.poll_qr_login(shown["session_id"])
    customer = Customer.objects.get(person_id=person_id, partner=business.partner)
    assert (done["status"], done["user"]["name"], done["user"]["id"]) == ("authenticated", "Ona", customer.pk)
    status, answer, _headers = web.call("GET", "/lt/shop/auth/me", Authorization=f"Bearer {done['token']}")
    assert (status, answer["data"]["id"]) == (200, customer.pk)

    sale = business.sdk.create_transaction(order_id="QR-1", user_id=done["user"]["id"], order_total=12)
    assert sale["points_awarded"] == 12
    figures = app.call("GET", "statistics")
    assert (figures["total_cards"], figures["total_points"]) == (1, 112)

    app.call("DELETE", "account")
    assert Person.objects.get().phone is None
    app.call("GET", "me", expect=401)


def test_a_till_that_polls_sees_the_confirmation_when_it_comes(business: Business, web: Web) -> None:
    app = App(web)
    app.register()
    shown = business.sdk.generate_qr_login()

    def confirm() -> None:
        time.sleep(0.5)
        app.call("POST", f"qr-login/confirm/{picture(shown)[1]}")

    thread = threading.Thread(target=confirm)
    thread.start()
    for _ in range(40):
        state = business.sdk.poll_qr_login(shown["session_id"])
        if state["status"] == "authenticated":
            break
        time.sleep(0.1)
    thread.join()
    assert state["token"]
    assert LoginSession.objects.filter(partner_id=business.partner.pk, person_id__isnull=False).count() == 1


def test_a_rejected_and_an_unknown_session(business: Business, web: Web) -> None:
    app = App(web)
    app.register()
    shown = business.sdk.generate_qr_login()
    app.call("POST", f"qr-login/reject/{picture(shown)[1]}")
    assert business.sdk.poll_qr_login(shown["session_id"])["status"] == "cancelled"
    error = refused(lambda: business.sdk.poll_qr_login("5b0f1a52-7f0e-4b39-9a0e-2f4b8f0d1c11"))
    assert (error.code, error.http_status) == ("QR_SESSION_NOT_FOUND", 404)
    business.sdk.api_secret = "lls_wrong"
    business.sdk.session.headers["X-API-Secret"] = "lls_wrong"
    error = refused(business.sdk.generate_qr_login)
    assert (error.code, error.http_status) == ("AUTH_FORBIDDEN", 403)


def test_the_link_to_the_app(business: Business) -> None:
    assert business.sdk.send_app_link(PHONE, business.shop.pk, customer_name="Ona") is not None
    message = SmsMessage.objects.get()
    assert (message.phone, message.partner_id, message.purpose) == (PHONE, business.partner.pk, "app_link")
    assert "sveiki, Ona!" in message.text
    assert message.queued_at <= timezone.now()
    assert refused(lambda: business.sdk.send_app_link("12", business.shop.pk)).code == "VALIDATION_ERROR"
