"""The SMS API as its documentation has it (contract 11): fields, numbers, money, times, consents."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from loyalty.limits.limiter import default_limiter
from loyalty.models import AuditEvent
from loyalty.tests.together import together
from messaging.errors import SmsBalanceTooLow
from messaging.models import Consent, SmsAccount, SmsMessage
from messaging.services.partner_sms import Order, send_for_partner
from messaging.services.sms_delivery import deliver_sms
from messaging.tests.sms_factories import SmsAccountFactory
from partners.choices import CredentialScope
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
SEND = "/en/sms/send"
BODY = {"source": "Coffee", "destination": "+37060000001", "message": "Your order is ready."}


@pytest.fixture
def account(settings: Any) -> SmsAccount:
    settings.SMS_SHOWS_CODES = True
    return SmsAccountFactory()


@pytest.fixture
def till(account: SmsAccount) -> Caller:
    return credential_caller(account.partner)


def balance(account: SmsAccount) -> Decimal:
    return SmsAccount.objects.get(pk=account.pk).balance


def refused(till: Caller, status: int, code: Any, **body: Any) -> dict[str, Any]:
    """Refused with this code, and nothing changed."""
    accounts, messages = list(SmsAccount.objects.values()), SmsMessage.objects.count()
    answer = till.post(SEND, {**BODY, **body}, status)
    assert (answer["success"], answer["code"]) == (False, code)
    if isinstance(code, int):
        assert answer["error_number"] == code
        assert answer["error_code"].startswith("SMS_")
    assert (list(SmsAccount.objects.values()), SmsMessage.objects.count()) == (accounts, messages)
    assert Consent.objects.count() == 0
    return answer


# --- Sending


def test_a_message_is_queued_charged_and_followed_to_its_end(till: Caller, account: SmsAccount) -> None:
    sent = till.post(SEND, BODY, 200)["data"]
    message = SmsMessage.objects.get()
    assert sent == {
        "message_id": str(message.public_id),
        "source": "Coffee",
        "destination": "+37060000001",
        "status": "queued",
        "scheduled": None,
        "validity": f"{message.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "parts": 1,
        "cost": {"amount": 0.0556, "currency": "EUR", "parts_charged": 1},
        "marketing_consent_registered": False,
    }
    assert balance(account) == Decimal("9.9444")
    deliver_sms(sms_message_id=message.pk, at=timezone.now())
    status = till.get(f"/en/sms/status/{sent['message_id']}")["data"]
    assert status["status"] == "sent"
    assert status["sent_at"] is not None
    assert set(status) == {
        *("message_id", "status", "source", "destination", "sent_at", "delivered_at", "failed_at", "scheduled"),
        *("validity", "cost", "error_message"),
    }
    assert status["cost"] == {"amount": 0.0556, "currency": "EUR"}


@pytest.mark.parametrize(
    ("destination", "text", "parts", "cost"),
    [
        ("37060000001", "a" * 161, 2, "0.1112"),
        ("+37060000001", "ą" * 71, 2, "0.1112"),
        ("+4915112345678", "a", 1, "0.1295"),
        ("+4915112345678", "€" * 81, 2, "0.2590"),
        ("+12025550123", "😀" * 67, 3, "0.3885"),
        ("+37060000001", "a" * 1600, 11, "0.6116"),
    ],
)
def test_parts_cost_by_the_country_of_the_number(
    account: SmsAccount, destination: str, text: str, parts: int, cost: str
) -> None:
    till = credential_caller(account.partner)
    sent = till.post(SEND, {**BODY, "destination": destination, "message": text}, 200)["data"]
    assert (sent["parts"], Decimal(str(sent["cost"]["amount"]))) == (parts, Decimal(cost))
    assert balance(account) == Decimal(10) - Decimal(cost)
    assert sent["destination"] == f"+{destination.removeprefix('+')}"


def test_an_account_has_prices_and_a_currency_of_its_own(till: Caller, account: SmsAccount) -> None:
    SmsAccount.objects.update(prices={"LT": "0.02", "other": "0.5"}, currency="USD")
    cost = till.post(SEND, BODY, 200)["data"]["cost"]
    assert cost == {"amount": 0.02, "currency": "USD", "parts_charged": 1}


def test_the_same_key_sends_and_charges_once(till: Caller, account: SmsAccount) -> None:
    first, again = (till.post(SEND, BODY, 200, **{"Idempotency-Key": "order-17"}) for _ in range(2))
    assert first == again
    assert SmsMessage.objects.count() == 1
    # A repeat without a key within seconds is the client that lost the answer.
    till.post(SEND, {**BODY, "message": "x"}, 200)
    till.post(SEND, {**BODY, "message": "x"}, 200)
    assert SmsMessage.objects.count() == 2
    assert balance(account) == Decimal("9.8888")


# --- Refusals


@pytest.mark.parametrize("source", ["Tea", "coffee", "Coffee House 1", "Co-ffee", "Кофе", "x" * 5000, "Coffee Coff"])
def test_a_sender_that_is_not_approved_is_2001(till: Caller, source: str) -> None:
    refused(till, 422, 2001, source=source)


@pytest.mark.parametrize(
    "destination",
    ["0", "+", "860000001", "+370", "+3706000000", "+370600000012", "+999123456789", "٣٧٠٦٠٠٠٠٠٠١", "+370 600 00001x"],
)
def test_a_number_that_is_none_is_2002(till: Caller, destination: str) -> None:
    refused(till, 422, 2002, destination=destination)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", None),
        ("source", ""),
        ("destination", None),
        ("message", None),
        ("message", "  "),
        ("message", "x" * 1601),
        ("message", 5.5e3),
        ("validityMinutes", 0),
        ("validityMinutes", 10_081),
        ("scheduled", "tomorrow"),
        ("scheduled", "1969-01-01T00:00:00Z"),
        ("scheduled", "2020-01-01T00:00:00Z"),
        ("scheduled", "9999-12-31T23:59:59Z"),
        ("scheduled", 1764187200),
        ("validity", "2020-01-01T00:00:00Z"),
        ("client_ip", "999.1.1.1"),
        ("marketing_consent", "maybe"),
        ("purpose", "spam"),
        ("receipt", "perhaps"),
    ],
)
def test_a_wrong_field_is_named(till: Caller, field: str, value: Any) -> None:
    answer = refused(till, 422, "VALIDATION_ERROR", **{field: value})
    assert list(answer["errors"]) == [field]


@pytest.mark.parametrize(
    "url",
    [None, "", "ftp://a.example/x", "http://127.0.0.1/x", "https://user@a.example/", "https://a.example:8443/", "x"],
)
def test_a_receipt_needs_an_address_that_can_be_reached(till: Caller, url: str | None) -> None:
    answer = refused(till, 422, "VALIDATION_ERROR", receipt=True, receiptURL=url)
    assert list(answer["errors"]) == ["receiptURL"]
    till.post(SEND, {**BODY, "receiptURL": url}, 200)  # not looked at
    assert SmsMessage.objects.get().receipt_url == ""


def test_null_is_as_good_as_absent_and_the_unknown_is_ignored(till: Caller) -> None:
    nulls = dict.fromkeys(("receipt", "receiptURL", "scheduled", "validity", "validityMinutes", "marketing_consent"))
    till.post(f"{SEND}?verbose=1", {**BODY, **nulls, "client_ip": None, "prioritize": True}, 200)


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "lty_x"}, {"X-API-Key": "lty_x", "X-API-Secret": "y"}, {"X-API-Key": "bad"}]
)
def test_wrong_credentials_are_1001(headers: dict[str, str], account: SmsAccount) -> None:
    for method, path in (("post", SEND), ("post", "/en/sms/consent"), ("get", f"/en/sms/status/{uuid.uuid4()}")):
        caller = Caller(headers)
        answer = caller.post(path, BODY, 401) if method == "post" else caller.get(path, 401)
        assert (answer["code"], answer["error_code"]) == (1001, "SMS_CREDENTIALS_INVALID")


def test_a_partner_that_is_not_active_is_1001_and_a_narrow_key_is_refused(account: SmsAccount) -> None:
    reader = credential_caller(account.partner, scopes=[CredentialScope.READ])
    assert reader.post(SEND, BODY, 403)["code"] == "SCOPE_INSUFFICIENT"
    caller = credential_caller(PartnerFactory(status="suspended"))
    assert caller.post(SEND, BODY, 401)["code"] == 1001


def test_without_an_account_or_money_it_is_1002(till: Caller, account: SmsAccount) -> None:
    SmsAccount.objects.update(balance=Decimal("0.0555"))
    answer = refused(till, 402, 1002)
    assert "0.0556 EUR" in answer["message"]
    SmsAccount.objects.update(is_active=False)
    assert refused(till, 402, 1002)["error_code"] == "SMS_ACCOUNT_MISSING"


def test_a_postpaid_account_goes_into_debt_up_to_its_limit(till: Caller, account: SmsAccount) -> None:
    SmsAccount.objects.update(billing="postpaid", credit_limit=Decimal("0.1"), balance=0)
    till.post(SEND, BODY, 200)
    assert balance(account) == Decimal("-0.0556")
    refused(till, 402, 1002, message="Another")


def test_sixty_messages_a_minute_and_the_next_is_1003(till: Caller, account: SmsAccount) -> None:
    default_limiter().link.client.flushdb()
    for number in range(60):
        till.post(SEND, {**BODY, "message": f"{number}"}, 200)
    answer = till.client.post(SEND, {**BODY, "message": "61"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (429, 1003)
    assert int(answer["Retry-After"]) >= 1
    assert SmsMessage.objects.count() == 60
    default_limiter().link.client.flushdb()


@pytest.mark.django_db(transaction=True)
def test_money_for_one_message_pays_for_one_of_eight_at_once(settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    account = SmsAccountFactory(balance=Decimal("0.06"))
    order = Order(source="Coffee", destination="+37060000001", text="One of eight")

    def send() -> str:
        try:
            send_for_partner(partner=account.partner, order=order, at=timezone.now())
        except SmsBalanceTooLow:
            return "1002"
        return "queued"

    assert sorted(together([send] * 8)) == ["1002"] * 7 + ["queued"]
    assert SmsMessage.objects.count() == 1
    assert balance(account) == Decimal("0.0044")


# --- Times


def test_a_scheduled_message_waits_and_is_of_use_as_long_as_it_says(till: Caller) -> None:
    at = timezone.now() + timedelta(hours=2)
    body = {**BODY, "scheduled": at.isoformat(), "validityMinutes": 30}
    sent = till.post(SEND, body, 200)["data"]
    message = SmsMessage.objects.get()
    assert (message.due_at, message.expires_at) == (at, at + timedelta(minutes=30))
    assert sent["scheduled"] == f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert deliver_sms(sms_message_id=message.pk, at=at - timedelta(seconds=1)) is None
    assert deliver_sms(sms_message_id=message.pk, at=at).status == "sent"


def test_an_instant_without_a_zone_is_on_the_partners_clock(till: Caller) -> None:
    local = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(days=1)
    till.post(SEND, {**BODY, "scheduled": local.isoformat(sep=" ")}, 200)
    assert SmsMessage.objects.get().scheduled_at == local.replace(tzinfo=ZoneInfo("Europe/Vilnius"))


def test_what_is_useless_before_its_turn_expires_and_costs_nothing(till: Caller, account: SmsAccount) -> None:
    sent = till.post(SEND, {**BODY, "validityMinutes": 1}, 200)["data"]
    deliver_sms(sms_message_id=SmsMessage.objects.get().pk, at=timezone.now() + timedelta(minutes=2))
    status = till.get(f"/en/sms/status/{sent['message_id']}")["data"]
    assert (status["status"], status["error_message"], status["cost"]["amount"]) == ("expired", "too late", 0)
    assert balance(account) == Decimal(10)


# --- Whose


def test_another_partners_message_is_as_good_as_absent(till: Caller) -> None:
    sent = till.post(SEND, BODY, 200)["data"]["message_id"]
    other = credential_caller(PartnerFactory())
    foreign, absent = (other.get(f"/en/sms/status/{one}", 404) for one in (sent, uuid.uuid4()))
    assert foreign["code"] == absent["code"] == "RESOURCE_NOT_FOUND"
    assert set(foreign) == set(absent)


# --- Consents


PROOF = {
    "client_ip": "203.0.113.7",
    "client_user_agent": "Mozilla/5.0 " + "x" * 400,
    "consent_page_url": "https://coffee.example/newsletter",
}


def test_an_advertisement_needs_a_consent_which_may_come_with_it(till: Caller, account: SmsAccount) -> None:
    answer = refused(till, 422, "VALIDATION_ERROR", purpose="marketing")
    assert list(answer["errors"]) == ["marketing_consent"]
    sent = till.post(SEND, {**BODY, "purpose": "marketing", "marketing_consent": True, **PROOF}, 200)["data"]
    assert sent["marketing_consent_registered"] is True
    consent = Consent.objects.get()
    assert (consent.address, consent.channel, consent.purpose, consent.is_given) == (
        *("+37060000001", "sms", "marketing", True),
    )
    assert (consent.source, consent.proof_ip, consent.proof_page) == (
        *("api", "203.0.113.7", "https://coffee.example/newsletter"),
    )
    assert len(consent.proof_agent) == 300
    till.post(SEND, {**BODY, "purpose": "marketing", "message": "Again"}, 200)
    assert Consent.objects.count() == 1


def test_a_consent_is_of_one_partner_only(till: Caller, account: SmsAccount) -> None:
    till.post("/en/sms/consent", {"phone_number": "+37060000001", "consent_given": True}, 200)
    other = SmsAccountFactory()
    credential_caller(other.partner).post(SEND, {**BODY, "purpose": "marketing"}, 422)


def test_a_consent_is_noted_once_and_taken_back(till: Caller) -> None:
    given = till.post("/en/sms/consent", {"phone_number": "37060000001", "consent_given": True, **PROOF}, 200)["data"]
    assert given == {
        "phone_number": "+37060000001",
        "consent_given": True,
        "consent_source": "api",
        "consent_date": given["consent_date"],
    }
    again = till.post("/en/sms/consent", {"phone_number": "+37060000001", "consent_given": True}, 200)["data"]
    assert again == given
    back = till.post(
        "/en/sms/consent", {"phone_number": "+37060000001", "consent_given": False, "consent_source": "crm"}, 200
    )["data"]
    assert back == {
        "phone_number": "+37060000001",
        "consent_given": False,
        "consent_source": "crm",
        "revoked_at": back["revoked_at"],
    }
    till.post(SEND, {**BODY, "purpose": "marketing"}, 422)
    till.post(SEND, BODY, 200)  # what serves somebody needs none


def test_a_consent_taken_back_in_time_stops_what_was_scheduled_and_gives_the_money_back(
    till: Caller, account: SmsAccount
) -> None:
    at = timezone.now() + timedelta(hours=2)
    body = {**BODY, "purpose": "marketing", "marketing_consent": True, "scheduled": at.isoformat()}
    sent = till.post(SEND, body, 200)["data"]["message_id"]
    till.post("/en/sms/consent", {"phone_number": "+37060000001", "consent_given": False}, 200)
    deliver_sms(sms_message_id=SmsMessage.objects.get().pk, at=at)
    status = till.get(f"/en/sms/status/{sent}")["data"]
    assert (status["status"], status["error_message"], status["sent_at"]) == ("failed", "no consent", None)
    assert balance(account) == Decimal(10)


@pytest.mark.parametrize("body", [{}, {"phone_number": "+37060000001"}, {"phone_number": "+1", "consent_given": True}])
def test_a_consent_that_cannot_be_meant_is_refused(till: Caller, body: dict[str, Any]) -> None:
    answer = till.post("/en/sms/consent", body, 422)
    assert answer["code"] == (2002 if "consent_given" in body else "VALIDATION_ERROR")
    assert Consent.objects.count() == 0


def test_the_trail_says_who_noted_a_consent_and_of_nobody_whose_it_is(till: Caller, account: SmsAccount) -> None:
    till.post(SEND, {**BODY, "purpose": "marketing", "marketing_consent": True, **PROOF}, 200)
    for answer in (False, False, True):
        till.post("/en/sms/consent", {"phone_number": BODY["destination"], "consent_given": answer}, 200)
    noted = AuditEvent.objects.filter(action="consent.noted").order_by("pk")
    said = [(event.actor_kind, event.partner_id, event.changes["sms.marketing"]) for event in noted]
    assert said == [
        ("credential", account.partner_id, [None, True]),
        ("credential", account.partner_id, [True, False]),
        ("credential", account.partner_id, [False, True]),
    ]
    assert "60000001" not in str(list(noted.values()))
    assert [event.target_id for event in noted] == [str(row.pk) for row in Consent.objects.order_by("pk")]
