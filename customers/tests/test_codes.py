"""One-time codes: sent by SMS, good once, for one purpose, for three tries; strangers learn nothing (promise D5)."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer, OneTimeCode, Person
from customers.rules.codes import new_code, wait_for_next
from customers.services.customers import create_customer, update_customer
from customers.services.one_time_codes import forget_codes, prove_code, send_code
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.errors import LoyaltyError, QuotaExceeded
from loyalty.limits.limiter import default_limiter
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from messaging.models import SmsMessage
from partners.models import ApiCredential, Partner
from partners.services.credentials import issue_credential
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
PHONE = "+37060000001"
REQUEST, LOGIN, REGISTER = "/en/shop/auth/request-otp", "/en/shop/auth/login", "/en/shop/auth/register"
VERIFY = "/en/shop/auth/verify-otp"


def sent_code() -> str:
    """The code of the newest SMS, read as its receiver would."""
    message = SmsMessage.objects.latest("pk")
    found = re.search(r"\b\d{6}\b", message.text)
    assert found, message.text
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.fixture
def stranger() -> Caller:
    return Caller({})


def ask(caller: Caller, kind: str, phone: str = PHONE, status: int = 200, **headers: str) -> dict[str, Any]:
    return caller.post(REQUEST, {"phone": phone, "type": kind}, status, **headers)


def code_for(caller: Caller, kind: str, phone: str = PHONE) -> str:
    ask(caller, kind, phone)
    return sent_code()


pytestmark = pytest.mark.django_db


# --- Registering and logging in


def test_a_stranger_registers_and_is_a_person(stranger: Caller) -> None:
    answer = ask(stranger, "register")["data"]
    assert answer["phone"] == PHONE
    assert answer["expires_at"].endswith("Z")
    body = {"phone": PHONE, "otp": sent_code(), "name": " Ona Petraitė ", "email": "Ona@Example.com"}
    entered = stranger.post(REGISTER, body)["data"]
    person = Person.objects.get()
    assert entered["user"] == {
        "id": person.pk,
        "phone": PHONE,
        "email": "ona@example.com",
        "name": "Ona Petraitė",
        "email_verified_at": None,
        "phone_verified_at": entered["user"]["created_at"],
        "created_at": entered["user"]["created_at"],
    }
    assert entered["expires_in"] == 3600
    assert entered["token"] == entered["access_token"]
    assert entered["refresh_token"]
    assert person.language == "en"
    me = Caller({"Authorization": f"Bearer {entered['token']}"}).get("/en/shop/auth/me")["data"]
    assert (me["id"], me["role"]) == (person.pk, "member")


def test_a_person_logs_in_and_the_trail_holds_no_personal_value(stranger: Caller) -> None:
    person = PersonFactory(phone=PHONE)
    entered = stranger.post(LOGIN, {"phone": "860000001", "otp": code_for(stranger, "login")}, 200)["data"]
    assert entered["user"]["id"] == person.pk
    person.refresh_from_db()
    assert person.last_login_at is not None
    register_body = {"phone": "+37060000009", "otp": code_for(stranger, "register", "+37060000009"), "name": "Jonas"}
    stranger.post(REGISTER, register_body)
    trail = str(list(AuditEvent.objects.values()))
    assert "person.registered" in trail
    assert not any(value in trail for value in ("+37060000009", "Jonas", PHONE))


def test_the_sms_speaks_the_language_of_the_path_and_the_name_of_the_brand(stranger: Caller) -> None:
    partner = PartnerFactory(name="Kavos namai")
    stranger.post("/lt/shop/auth/request-otp", {"phone": PHONE, "type": "login"}, 200)
    assert re.fullmatch(r"Loyalty: prisijungimo kodas \d{6}\. Niekam jo nesakykite\.", SmsMessage.objects.get().text)
    key = issue_credential(actor=SYSTEM, partner=partner, name="app", at=AT).credential.key
    Caller({"X-API-Key": key}).post(REQUEST, {"phone": "+37060000002", "type": "verify"}, 200)
    newest = SmsMessage.objects.latest("pk")
    assert newest.partner == partner
    assert re.fullmatch(r"Kavos namai: your confirmation code is \d{6}\. Tell it to nobody\.", newest.text)
    Caller({"X-API-Key": "lty_unknown"}).post(REQUEST, {"phone": PHONE, "type": "verify"}, 401)


def test_an_expired_key_spends_no_sms_of_its_partner() -> None:
    credential = issue_credential(actor=SYSTEM, partner=PartnerFactory(), name="app", at=AT).credential
    ApiCredential.objects.filter(pk=credential.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    Caller({"X-API-Key": credential.key}).post(REQUEST, {"phone": PHONE, "type": "verify"}, 401)
    assert not SmsMessage.objects.exists()


def test_strangers_with_a_public_key_use_up_none_of_the_partner_s_own_sms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.api.guards.SMS_BY_PARTNER", "1/d")
    partner = PartnerFactory()
    key = issue_credential(actor=SYSTEM, partner=partner, name="app", at=AT).credential.key
    stranger = Caller({"X-API-Key": key})
    stranger.post(REQUEST, {"phone": PHONE, "type": "verify"}, 200)
    stranger.post(REQUEST, {"phone": "+37060000002", "type": "verify"}, 429)
    till = credential_caller(partner)
    till.post(REQUEST, {"phone": "+37060000003", "type": "verify"}, 200)
    till.post(REQUEST, {"phone": "+37060000004", "type": "verify"}, 429)


def test_a_number_without_country_is_of_the_partners_country(stranger: Caller) -> None:
    latvian = credential_caller(PartnerFactory(country="LV"))
    assert ask(latvian, "verify", "20000001")["data"]["phone"] == "+37120000001"
    assert ask(stranger, "verify", "860000001")["data"]["phone"] == PHONE


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "login"}, "phone"),
        ({"phone": "abc", "type": "login"}, "phone"),
        ({"phone": "+3706", "type": "login"}, "phone"),
        ({"phone": PHONE}, "type"),
        ({"phone": PHONE, "type": "reset"}, "type"),
    ],
)
def test_a_wrong_request_names_its_field_and_sends_nothing(stranger: Caller, body: dict[str, Any], field: str) -> None:
    answer = stranger.post(REQUEST, body, 422)
    assert (answer["code"], list(answer["errors"])) == ("VALIDATION_ERROR", [field])
    assert SmsMessage.objects.count() == OneTimeCode.objects.count() == 0


def test_a_wrong_registration_spends_no_try(stranger: Caller) -> None:
    code = code_for(stranger, "register")
    for body, field in (({}, "name"), ({"name": "  "}, "name"), ({"name": "Ona", "email": "x"}, "email")):
        answer = stranger.post(REGISTER, {"phone": PHONE, "otp": code, **body}, 422)
        assert list(answer["errors"]) == [field]
    assert OneTimeCode.objects.get().tries == 0
    stranger.post(REGISTER, {"phone": PHONE, "otp": code, "name": "Ona"})


# --- What a code is worth


def test_a_code_is_kept_as_a_digest_only(stranger: Caller) -> None:
    code = code_for(stranger, "login")
    kept = OneTimeCode.objects.values().get()
    assert code not in str({**kept, "digest": bytes(kept["digest"]).hex(), "id": 0, "phone": ""})
    assert len(bytes(kept["digest"])) == 32


def test_a_code_works_once(stranger: Caller) -> None:
    PersonFactory(phone=PHONE)
    body = {"phone": PHONE, "otp": code_for(stranger, "login")}
    stranger.post(LOGIN, body, 200)
    assert stranger.post(LOGIN, body, 400)["code"] == "OTP_INVALID"


def test_a_code_is_good_for_its_purpose_and_its_phone_only(stranger: Caller) -> None:
    PersonFactory(phone=PHONE)
    code = code_for(stranger, "verify")
    assert stranger.post(LOGIN, {"phone": PHONE, "otp": code}, 400)["code"] == "OTP_INVALID"
    assert stranger.post(VERIFY, {"phone": "+37060000002", "otp": code}, 400)["code"] == "OTP_INVALID"
    assert "data" not in stranger.post(VERIFY, {"phone": PHONE, "otp": code}, 200)
    assert stranger.post(VERIFY, {"phone": PHONE, "otp": code}, 400)["code"] == "OTP_INVALID"


def test_three_wrong_tries_are_all_and_the_right_code_is_late(stranger: Caller) -> None:
    PersonFactory(phone=PHONE)
    code = code_for(stranger, "login")
    for _ in range(3):
        assert stranger.post(LOGIN, {"phone": PHONE, "otp": wrong(code)}, 400)["code"] == "OTP_INVALID"
    assert stranger.post(LOGIN, {"phone": PHONE, "otp": code}, 429)["code"] == "OTP_MAX_ATTEMPTS"
    stranger.post(LOGIN, {"phone": PHONE, "otp": code_for(stranger, "login")}, 200)


def test_a_code_is_over_after_five_minutes(stranger: Caller) -> None:
    code = code_for(stranger, "verify")
    OneTimeCode.objects.update(expires_at=timezone.now())
    assert stranger.post(VERIFY, {"phone": PHONE, "otp": code}, 400)["code"] == "OTP_EXPIRED"


def test_only_the_newest_code_counts(stranger: Caller) -> None:
    PersonFactory(phone=PHONE)
    first, second = code_for(stranger, "login"), code_for(stranger, "login")
    if first != second:
        assert stranger.post(LOGIN, {"phone": PHONE, "otp": first}, 400)["code"] == "OTP_INVALID"
    stranger.post(LOGIN, {"phone": PHONE, "otp": second}, 200)


def test_codes_are_spread_over_all_six_digits() -> None:
    codes = [new_code() for _ in range(20_000)]
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    for place in range(6):
        counts = Counter(code[place] for code in codes)
        # Chi-square with 9 degrees of freedom: above 40 once in 100,000.
        assert sum((count - 2_000) ** 2 / 2_000 for count in counts.values()) < 40


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_three_guesses() -> None:
    for right in (None, 7):
        phone = f"+3706000001{right or 0}"
        send_code(phone=phone, purpose="verify", brand=None, language="en", at=AT)
        code = sent_code()

        def guess(number: int, code: str = code, right: int | None = right, phone: str = phone) -> str:
            try:
                prove_code(phone=phone, purpose="verify", code=code if number == right else wrong(code), at=AT)
            except LoyaltyError as error:
                return error.code
            return "proved"

        outcomes = Counter(together([lambda number=number: guess(number) for number in range(20)]))  # type: ignore[misc]
        assert outcomes["OTP_MAX_ATTEMPTS"] == 17
        assert outcomes["OTP_INVALID"] + outcomes["proved"] == 3
        assert OneTimeCode.objects.get(phone=phone).tries == 3


@pytest.mark.django_db(transaction=True)
def test_eight_registrations_with_one_code_make_one_person() -> None:
    stranger = Caller({})
    code = code_for(stranger, "register")
    body = {"phone": PHONE, "otp": code, "name": "Ona"}

    def register() -> int:
        return Client().post(REGISTER, body, content_type="application/json", REMOTE_ADDR="10.9.9.9").status_code

    outcomes = Counter(together([register] * 8))
    assert outcomes[201] == 1
    assert set(outcomes) <= {201, 400, 409, 429}
    assert Person.objects.count() == 1


# --- How many


def test_a_phone_gets_three_codes_in_five_minutes_five_an_hour_and_sixteen_a_day() -> None:
    def send(minutes: float) -> int:
        at = AT + timedelta(minutes=minutes)
        try:
            send_code(phone=PHONE, purpose="login", brand=None, language="en", at=at)
        except QuotaExceeded as refused:
            return refused.retry_after or -1
        return 0

    assert [send(0), send(1), send(2)] == [0, 0, 0]
    assert send(3) == 120
    assert [send(5), send(6)] == [0, 0]
    assert send(7) == 53 * 60
    assert send(59.5) == 30
    assert SmsMessage.objects.count() == 5
    assert [send(60 + 15 * number) for number in range(11)] == [0] * 11
    assert send(300) == 19 * 3600
    assert SmsMessage.objects.count() == 16


def test_the_wait_is_that_of_the_window_that_ends_last() -> None:
    sent = [AT - timedelta(minutes=minutes) for minutes in (0, 1, 2, 40, 50)]
    assert wait_for_next(sent, AT) == 600
    assert wait_for_next(sent[:3], AT) == 180
    assert wait_for_next(sent[:2], AT) == 0
    assert wait_for_next([AT - timedelta(seconds=299.5)] * 3, AT) == 1


@pytest.mark.django_db(transaction=True)
def test_twelve_requests_at_once_send_three_codes() -> None:
    def send() -> bool:
        try:
            send_code(phone=PHONE, purpose="login", brand=None, language="en", at=AT)
        except QuotaExceeded:
            return False
        return True

    assert sum(together([send] * 12)) == 3
    assert SmsMessage.objects.count() == 3


def test_an_address_asks_for_thirty_codes_an_hour() -> None:
    caller = Caller({})
    for number in range(30):
        ask(caller, "login", f"+3706000{number:04}")
    refused = ask(caller, "login", "+37060009999", 429)
    assert refused["code"] == "QUOTA_EXCEEDED"
    assert SmsMessage.objects.count() == 30


def test_without_redis_nobody_is_let_in_or_sent_anything(stranger: Caller, monkeypatch: Any) -> None:
    PersonFactory(phone=PHONE)
    code = code_for(stranger, "login")
    default_limiter().breaker.failed("test")
    try:
        assert ask(stranger, "login", status=503)["code"] == "TEMPORARILY_UNAVAILABLE"
        answer = stranger.post(LOGIN, {"phone": PHONE, "otp": code}, 503)
        assert answer["code"] == "TEMPORARILY_UNAVAILABLE"
        assert OneTimeCode.objects.get().tries == 0
    finally:
        default_limiter().breaker.succeeded()


# --- Who may learn what


def shape(answer: dict[str, Any]) -> dict[str, Any]:
    hidden = {"request_id", "instance"}
    plain = {name: value for name, value in answer.items() if name not in hidden}
    if "data" in plain:
        plain["data"] = sorted(plain["data"])
    return plain


@pytest.mark.parametrize("kind", ["login", "register", "verify"])
def test_a_stranger_cannot_tell_a_known_phone_from_an_unknown_one(stranger: Caller, kind: str) -> None:
    known, unknown = PersonFactory().phone, "+37069999999"
    assert shape(ask(stranger, kind, known)) == shape(ask(stranger, kind, unknown))
    assert list(SmsMessage.objects.order_by("pk").values_list("phone", flat=True)) == [known, unknown]
    if kind != "register":
        for phone in (known, unknown):
            body = {"phone": phone, "otp": "000000" if sent_code() != "000000" else "000001"}
            assert stranger.post(LOGIN, body, 400)["code"] == "OTP_INVALID"


def test_the_owner_of_a_phone_learns_it_by_the_code(stranger: Caller) -> None:
    known = PersonFactory().phone
    body = {"phone": PHONE, "otp": code_for(stranger, "login")}
    assert stranger.post(LOGIN, body, 404)["code"] == "USER_NOT_FOUND"
    body = {"phone": known, "otp": code_for(stranger, "register", known), "name": "Ona"}
    assert stranger.post(REGISTER, body, 409)["code"] == "USER_EXISTS"
    assert Person.objects.count() == 1


def test_a_partner_is_told_at_once(stranger: Caller) -> None:
    known, till = PersonFactory().phone, credential_caller(PartnerFactory())
    assert ask(till, "login", PHONE, 404)["code"] == "USER_NOT_FOUND"
    assert ask(till, "register", known, 409)["code"] == "USER_EXISTS"
    assert SmsMessage.objects.count() == 0
    ask(till, "login", known)
    ask(till, "register", PHONE)


def test_a_blocked_person_learns_it_by_the_code_and_nobody_else_does(stranger: Caller) -> None:
    PersonFactory(phone=PHONE, is_active=False)
    code = code_for(stranger, "login")
    assert stranger.post(LOGIN, {"phone": PHONE, "otp": wrong(code)}, 400)["code"] == "OTP_INVALID"
    assert stranger.post(LOGIN, {"phone": PHONE, "otp": code}, 403)["code"] == "USER_BLOCKED"


# --- Which customers a person is


def test_logging_in_finds_what_partners_know_under_the_same_phone(stranger: Caller) -> None:
    person = PersonFactory(phone=PHONE)
    same, other = CustomerFactory(phone=PHONE), CustomerFactory(phone="+37060000002")
    partner = PartnerFactory()
    mine = CustomerFactory(partner=partner, person=person, phone="+37060000003")
    conflicting = CustomerFactory(partner=partner, phone=PHONE)
    stranger.post(LOGIN, {"phone": PHONE, "otp": code_for(stranger, "login")}, 200)
    for customer in (same, other, mine, conflicting):
        customer.refresh_from_db()
    assert same.person == mine.person == person
    assert other.person is conflicting.person is None
    linked = AuditEvent.objects.get(action="customer.linked")
    assert linked.partner_id is None


def test_credentials_make_the_answer_that_partners_customer(stranger: Caller) -> None:
    partner, elsewhere = PartnerFactory(), PartnerFactory()
    person = PersonFactory(phone=PHONE, name="Ona of the app", email="app@example.test")
    known = CustomerFactory(partner=partner, phone=PHONE, name="Ona at the partner", email="shop@example.test")
    till, other = credential_caller(partner), credential_caller(elsewhere)
    user = till.post(LOGIN, {"phone": PHONE, "otp": code_for(till, "login")}, 200)["data"]["user"]
    assert (user["id"], user["name"], user["email"]) == (known.pk, "Ona at the partner", "shop@example.test")
    user = other.post(LOGIN, {"phone": PHONE, "otp": code_for(other, "login")}, 200)["data"]["user"]
    made = Customer.objects.get(partner=elsewhere)
    assert (user["id"], user["name"], user["email"]) == (made.pk, "Ona of the app", "app@example.test")
    assert (made.source, made.person, made.phone) == ("app", person, PHONE)


def test_an_email_that_a_partner_knows_of_somebody_else_is_left_out(stranger: Caller) -> None:
    partner = PartnerFactory()
    CustomerFactory(partner=partner, email="shared@example.test")
    PersonFactory(phone=PHONE, email="SHARED@example.test")
    till = credential_caller(partner)
    user = till.post(LOGIN, {"phone": PHONE, "otp": code_for(till, "login")}, 200)["data"]["user"]
    assert user["email"] is None
    assert Customer.objects.filter(partner=partner).count() == 2


def test_a_key_that_may_only_read_lets_nobody_in() -> None:
    till = credential_caller(PartnerFactory(), scopes=["read"])
    assert ask(till, "login", status=403)["code"] == "SCOPE_INSUFFICIENT"


def test_a_customer_follows_the_phone(stranger: Caller) -> None:
    partner: Partner = PartnerFactory()
    first, second = PersonFactory(), PersonFactory()
    made = create_customer(actor=SYSTEM, partner=partner, data={"phone": first.phone}, at=AT)
    assert made.person == first

    def change(**data: Any) -> Customer:
        return update_customer(actor=SYSTEM, partner=partner, customer_id=made.pk, data=data, at=AT)

    assert change(name="Somebody").person == first
    assert change(phone=second.phone).person == second
    assert change(phone=None).person == second
    assert change(phone="+37069999999").person is None


def test_old_codes_are_forgotten_when_no_limit_needs_them() -> None:
    for hours in (0, 23, 25):
        send_code(
            phone=f"+3706000000{hours % 10}", purpose="login", brand=None, language="en", at=AT - timedelta(hours=hours)
        )
    assert forget_codes(at=AT) == 1
    assert OneTimeCode.objects.count() == 2
