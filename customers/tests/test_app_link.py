"""The link to the app by SMS: in the customer's language, and not a way to write anything to anybody."""

from typing import Any

import pytest

from loyalty.limits.limiter import default_limiter
from messaging.models import SmsMessage
from partners.models import Partner, Shop
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
PATH = "/en/shop/auth/send-app-link"


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Kavos namai")


@pytest.fixture
def shop(partner: Partner) -> Shop:
    return ShopFactory(partner=partner)


@pytest.fixture
def till(partner: Partner) -> Caller:
    return credential_caller(partner)


@pytest.fixture(autouse=True)
def _link(settings: Any) -> None:
    settings.APP_LINK = "https://app.example"


def send(till: Caller, shop: Shop, status: int = 200, **body: Any) -> dict[str, Any]:
    return till.post(PATH, {"phone": "+37060000001", "shop_id": shop.pk, **body}, status)


def test_the_sms_speaks_the_asked_language_or_that_of_the_path(till: Caller, shop: Shop, partner: Partner) -> None:
    assert "data" not in send(till, shop, customer_name="Ona", language="lt")
    send(till, shop, phone="860000002")
    texts = list(SmsMessage.objects.order_by("pk").values_list("phone", "text", "partner_id", "purpose"))
    assert texts == [
        (
            "+37060000001",
            "Kavos namai: sveiki, Ona! Taškai ir pasiūlymai mūsų programėlėje: https://app.example",
            partner.pk,
            "app_link",
        ),
        ("+37060000002", "Kavos namai: points and offers in our app: https://app.example", partner.pk, "app_link"),
    ]


def test_a_name_can_carry_no_address_and_no_second_line(till: Caller, shop: Shop) -> None:
    send(till, shop, customer_name="Win 500 EUR:\n https://evil.example/x " + "y" * 100)
    text = SmsMessage.objects.get().text
    assert text.count("http") == 2
    assert "://evil" not in text
    assert "\n" not in text
    assert "500" not in text
    assert "evil.example" not in text
    assert len(text) < 160


def test_a_repeat_within_a_minute_sends_nothing(till: Caller, shop: Shop) -> None:
    send(till, shop)
    answer = till.client.post(PATH, {"phone": "+37060000001", "shop_id": shop.pk}, content_type="application/json")
    assert (answer.status_code, answer["Idempotency-Replayed"]) == (200, "true")
    assert SmsMessage.objects.count() == 1


def test_a_phone_gets_three_a_day_from_all_partners_together(shop: Shop, till: Caller) -> None:
    for _ in range(3):
        other = ShopFactory()
        send(credential_caller(other.partner), other)
    refused = send(till, shop, 429)
    assert refused["code"] == "QUOTA_EXCEEDED"
    assert SmsMessage.objects.count() == 3
    send(till, shop, phone="+37060000009")


def test_a_partner_has_a_budget(till: Caller, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.api.guards.SMS_BY_PARTNER", "2/d")
    for number in range(2):
        send(till, shop, phone=f"+3706000000{number}")
    assert send(till, shop, 429, phone="+37060000009")["code"] == "QUOTA_EXCEEDED"
    other = ShopFactory()
    send(credential_caller(other.partner), other, phone="+37060000009")


def test_without_redis_nothing_is_sent(till: Caller, shop: Shop) -> None:
    default_limiter().breaker.failed("test")
    try:
        assert send(till, shop, 503)["code"] == "TEMPORARILY_UNAVAILABLE"
    finally:
        default_limiter().breaker.succeeded()
    assert SmsMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": None}, "phone"),
        ({"shop_id": None}, "shop_id"),
        ({"language": "de"}, "language"),
        ({"customer_name": "x" * 256}, "customer_name"),
    ],
)
def test_a_wrong_field_is_named_with_number_1100(till: Caller, shop: Shop, body: dict[str, Any], field: str) -> None:
    answer = send(till, shop, 422, **body)
    assert (answer["code"], answer["error_number"], list(answer["errors"])) == ("VALIDATION_ERROR", 1100, [field])
    assert SmsMessage.objects.count() == 0


def test_faults_have_the_numbers_of_older_documentation(till: Caller, shop: Shop, settings: Any) -> None:
    for caller in (Caller({}), Caller({"X-API-Key": "lty_no", "X-API-Secret": "no"})):
        answer = send(caller, shop, 401)
        assert (answer["code"], answer["error_number"]) == ("PARTNER_NOT_AUTHENTICATED", 1005)
    settings.SMS_GATEWAY = ""
    answer = send(till, shop, 503)
    assert (answer["code"], answer["error_number"]) == ("SMS_SEND_FAILED", 1607)


def test_another_partners_shop_is_absent_and_ones_own_out_of_reach_denied(shop: Shop, partner: Partner) -> None:
    limited = credential_caller(partner, shop=shop)
    assert send(limited, ShopFactory(), 404)["code"] == "RESOURCE_NOT_FOUND"
    assert send(limited, ShopFactory(partner=partner), 403)["code"] == "STORE_ACCESS_DENIED"
    assert SmsMessage.objects.count() == 0
