"""Log-in at a till by QR code: the picture, the app, the one token, and everything that may not happen."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from customers.models import Customer, Person, QrLoginSession
from customers.services import qr_logins
from customers.services.erasure import erase_person
from customers.tests.callers import person_caller
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.errors import LoyaltyError
from loyalty.models import AuditEvent, LoginSession
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from messaging.models import Consent
from partners.choices import PartnerStatus
from partners.models import ApiCredential, Partner, Shop
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import PartnerFactory, ShopFactory

pytestmark = pytest.mark.django_db
BASE = "/en/shop/auth/qr-login"


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Kavos namai")


@pytest.fixture
def till(partner: Partner) -> Caller:
    return credential_caller(partner)


@pytest.fixture
def person() -> Person:
    return PersonFactory(name="Ona", email="ona@example.test", phone="+37061234567")


@pytest.fixture
def app(person: Person) -> Caller:
    return person_caller(person)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """What listeners of the realtime channels hear."""
    heard: list[tuple[str, str, dict[str, Any]]] = []
    monkeypatch.setattr(
        qr_logins, "publish_after_commit", lambda channel, event, data, **_: heard.append((channel, event, data))
    )
    return heard


def show(till: Caller, **body: Any) -> dict[str, Any]:
    return till.post(f"{BASE}/generate", body, 200)["data"]


def parts(shown: dict[str, Any]) -> tuple[str, str]:
    """The code and the session that the picture says."""
    query = parse_qs(urlsplit(shown["qr_code"]).query)
    return query["code"][0], query["session"][0]


def poll(till: Caller, shown: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = till.post(f"{BASE}/poll/{shown['session_id']}", {}, status)
    return answer["data"] if status == 200 else answer


def step(app: Caller, name: str, shown: dict[str, Any], status: int = 200) -> dict[str, Any]:
    code, pairing = parts(shown)
    return app.post(f"{BASE}/{name}/{code if name == 'scan' else pairing}", {}, status)


# --- The good way


def test_the_picture_does_not_say_the_tills_secret(till: Caller, partner: Partner) -> None:
    shop = ShopFactory(partner=partner)
    shown = show(till, device_name="Kasa 1", shop_id=shop.pk)
    code, pairing = parts(shown)
    assert len(code) == 32
    assert uuid.UUID(code) == uuid.UUID(pairing) != uuid.UUID(shown["session_id"])
    assert shown["session_id"].replace("-", "") not in shown["qr_code"].replace("-", "")
    assert (shown["partner_name"], shown["partner_id"], shown["shop_id"]) == ("Kavos namai", partner.pk, shop.pk)
    login = QrLoginSession.objects.get()
    assert login.expires_at - login.created_at == timedelta(minutes=5)


def test_scan_confirm_and_the_till_knows_its_customer(
    till: Caller, app: Caller, person: Person, partner: Partner, told: list[Any]
) -> None:
    shop = ShopFactory(partner=partner, name="Gedimino pr. 9")
    shown = show(till, device_name="Kasa 1", shop_id=shop.pk)
    channel = f"qr-login.{shown['session_id']}"
    assert poll(till, shown) == {key: shown[key] for key in ("session_id", "expires_at")} | {"status": "pending"}

    seen = step(app, "scan", shown)["data"]
    assert seen["session_id"] == parts(shown)[1]
    assert (seen["device_name"], seen["partner"]["name"], seen["shop"]["name"]) == ("Kasa 1", "Kavos namai", shop.name)
    assert shown["session_id"] not in str(seen)
    assert poll(till, shown)["status"] == "scanned"
    assert [(heard[0], heard[1], heard[2]["status"]) for heard in told] == [(channel, "status_update", "scanned")]

    assert step(app, "confirm", shown)["data"]["status"] == "authenticated"
    customer = Customer.objects.get()
    assert (customer.source, customer.person, customer.shop) == ("app", person, shop)
    answer = poll(till, shown)
    assert answer["status"] == "authenticated"
    assert answer["user"] == {"id": customer.pk, "name": "Ona", "phone": person.phone, "email": "ona@example.test"}
    assert answer["refresh_token"] is None
    assert 3590 <= answer["expires_in"] <= 3600
    heard = told[-1][2]
    assert (heard["session_id"], heard["status"]) == (uuid.UUID(shown["session_id"]).__str__(), "authenticated")
    assert (heard["token"], heard["user"]) == (answer["token"], answer["user"])
    assert Consent.objects.count() == 0

    granted = Caller({"Authorization": f"Bearer {answer['token']}"})
    assert granted.get("/en/shop/auth/me")["data"]["id"] == customer.pk
    granted.get("/en/shop/auth/preferences", 403)
    granted.delete("/en/shop/auth/account", 403)
    session = LoginSession.objects.get(partner_id=partner.pk)
    assert session.expires_at - session.created_at == timedelta(hours=1)


def test_a_customer_whom_the_partner_knows_stays_who_they_are(till: Caller, app: Caller, partner: Partner) -> None:
    known = CustomerFactory(partner=partner, phone="+37061234567", name="Ona the regular", email="r@example.test")
    shown = show(till)
    step(app, "scan", shown)
    step(app, "confirm", shown)
    assert poll(till, shown)["user"]["id"] == known.pk
    assert Customer.objects.filter(partner=partner).count() == 1
    known.refresh_from_db()
    assert (known.name, known.email) == ("Ona the regular", "r@example.test")


def test_confirming_without_a_scan_is_both_and_doing_it_again_changes_nothing(till: Caller, app: Caller) -> None:
    shown = show(till)
    for _ in range(3):
        assert step(app, "confirm", shown)["data"]["status"] == "authenticated"
    assert LoginSession.objects.exclude(partner_id=None).count() == 1
    assert AuditEvent.objects.filter(action="qr_login.authenticated").count() == 1
    step(app, "scan", shown, 409)


def test_the_token_is_delivered_once_and_for_a_lost_reply_again(till: Caller, app: Caller) -> None:
    shown = show(till)
    step(app, "confirm", shown)
    assert poll(till, shown)["token"] == poll(till, shown)["token"] is not None
    QrLoginSession.objects.update(delivered_at=timezone.now() - timedelta(seconds=11))
    late = poll(till, shown)
    assert (late["status"], late["token"], late["expires_in"]) == ("authenticated", None, 0)


def test_the_trail_of_the_partner_names_its_customer_and_no_person(till: Caller, app: Caller, person: Person) -> None:
    step(app, "confirm", shown := show(till))
    event = AuditEvent.objects.get(action="qr_login.authenticated")
    assert (event.actor_kind, event.actor_id) == ("customer", poll(till, shown)["user"]["id"])
    assert event.partner_id is not None


# --- Saying no, and being late


def test_a_rejected_login_stays_so(till: Caller, app: Caller, told: list[Any]) -> None:
    shown = show(till)
    step(app, "scan", shown)
    for _ in range(2):
        assert "data" not in step(app, "reject", shown)
    assert poll(till, shown)["status"] == "cancelled"
    assert [heard[2]["status"] for heard in told] == ["scanned", "cancelled"]
    assert step(app, "confirm", shown, 409)["code"] == "QR_SESSION_USED"
    assert Customer.objects.count() == 0


def test_a_confirmed_login_cannot_be_rejected(till: Caller, app: Caller) -> None:
    shown = show(till)
    step(app, "confirm", shown)
    assert step(app, "reject", shown, 409)["code"] == "QR_SESSION_USED"
    assert poll(till, shown)["status"] == "authenticated"


def test_after_five_minutes_it_is_over_and_after_an_hour_it_never_was(
    till: Caller, app: Caller, told: list[Any]
) -> None:
    shown = show(till)
    QrLoginSession.objects.update(expires_at=timezone.now())
    assert poll(till, shown)["status"] == "expired"
    for name in ("scan", "confirm", "reject"):
        assert step(app, name, shown, 410)["code"] == "RESOURCE_EXPIRED"
    assert told == []
    assert qr_logins.expire_qr_logins(at=timezone.now()) == 1
    assert [heard[2]["status"] for heard in told] == ["expired"]
    assert qr_logins.expire_qr_logins(at=timezone.now()) == 0
    assert poll(till, shown)["status"] == "expired"
    QrLoginSession.objects.update(expires_at=timezone.now() - timedelta(hours=1, seconds=1))
    assert poll(till, shown, 404)["code"] == "QR_SESSION_NOT_FOUND"
    assert step(app, "scan", shown, 404)["code"] == "QR_SESSION_NOT_FOUND"
    qr_logins.expire_qr_logins(at=timezone.now())
    assert QrLoginSession.objects.count() == 0


def test_a_finished_login_does_not_expire(till: Caller, app: Caller, told: list[Any]) -> None:
    shown = show(till)
    step(app, "confirm", shown)
    QrLoginSession.objects.update(expires_at=timezone.now())
    assert qr_logins.expire_qr_logins(at=timezone.now()) == 0
    assert poll(till, shown)["status"] == "authenticated"


# --- Who may not


def test_another_person_cannot_take_over(till: Caller, app: Caller) -> None:
    shown, other = show(till), person_caller(PersonFactory())
    step(app, "scan", shown)
    for name in ("scan", "confirm", "reject"):
        assert step(other, name, shown, 409)["code"] == "QR_SESSION_USED"
    step(app, "confirm", shown)
    assert step(other, "confirm", shown, 409)["code"] == "QR_SESSION_USED"
    assert Customer.objects.count() == 1


def test_the_tills_secret_opens_nothing_in_the_app_and_the_picture_nothing_at_the_till(
    till: Caller, app: Caller
) -> None:
    shown = show(till)
    _code, pairing = parts(shown)
    assert app.post(f"{BASE}/scan/{shown['session_id']}", {}, 404)["code"] == "QR_SESSION_NOT_FOUND"
    assert till.post(f"{BASE}/poll/{pairing}", {}, 404)["code"] == "QR_SESSION_NOT_FOUND"


@pytest.mark.parametrize("path", ["poll/none", "poll/1", "poll/5f0a2c1e-8b7d-4c3a-9e6f-1a2b3c4d5e6f"])
def test_an_unknown_session_is_not_found(till: Caller, path: str) -> None:
    assert till.post(f"{BASE}/{path}", {}, 404)["code"] == "QR_SESSION_NOT_FOUND"


@pytest.mark.parametrize("name", ["scan", "confirm", "reject"])
def test_an_unknown_picture_is_not_found(app: Caller, name: str) -> None:
    for code in ("nothing", uuid.uuid4().hex, str(uuid.uuid4())):
        assert app.post(f"{BASE}/{name}/{code}", {}, 404)["code"] == "QR_SESSION_NOT_FOUND"


def test_another_partners_till_does_not_hear_of_it(till: Caller, app: Caller) -> None:
    shown = show(till)
    step(app, "confirm", shown)
    other = credential_caller(PartnerFactory())
    assert other.post(f"{BASE}/poll/{shown['session_id']}", {}, 404)["code"] == "QR_SESSION_NOT_FOUND"
    assert QrLoginSession.objects.get().delivered_at is None


BAD: dict[str, dict[str, str]] = {
    "none": {},
    "malformed": {"X-API-Key": "abc", "X-API-Secret": "x"},
    "unknown": {"X-API-Key": "lty_unknown", "X-API-Secret": "x"},
}


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD)
def test_bad_credentials_are_403_here(headers: dict[str, str]) -> None:
    assert Caller(headers).post(f"{BASE}/generate", {}, 403)["code"] == "AUTH_FORBIDDEN"
    assert Caller(headers).post(f"{BASE}/poll/{uuid.uuid4()}", {}, 403)["code"] == "AUTH_FORBIDDEN"


def test_a_suspended_partner_shows_no_code_and_gets_nobody(till: Caller, app: Caller, partner: Partner) -> None:
    shown = show(till)
    Partner.objects.filter(pk=partner.pk).update(status=PartnerStatus.SUSPENDED)
    assert step(app, "confirm", shown, 403)["code"] == "PARTNER_NOT_ACTIVE"
    assert Customer.objects.count() == 0
    assert QrLoginSession.objects.get().status == "pending"


def test_a_customer_whom_the_partner_closed_is_refused_and_the_till_told(
    till: Caller, app: Caller, person: Person, partner: Partner, told: list[Any]
) -> None:
    CustomerFactory(partner=partner, person=person, is_active=False)
    shown = show(till)
    assert step(app, "confirm", shown, 403)["code"] == "USER_BLOCKED"
    assert poll(till, shown)["status"] == "failed"
    assert told[-1][2]["status"] == "failed"
    assert LoginSession.objects.exclude(partner_id=None).count() == 0


def test_only_ones_own_token_confirms(till: Caller, person: Person, partner: Partner) -> None:
    shown = show(till)
    assert step(person_caller(person, partner), "confirm", shown, 403)["code"] == "INSUFFICIENT_PERMISSIONS"
    assert step(till, "confirm", shown, 401)["code"] == "AUTH_REQUIRED"
    assert step(Caller({}), "scan", shown, 401)["code"] == "AUTH_REQUIRED"


def test_a_shop_must_be_the_partners_own_and_in_reach(partner: Partner) -> None:
    own, other = ShopFactory(partner=partner), ShopFactory(partner=partner)
    limited = credential_caller(partner, shop=own)
    assert show(limited)["shop_id"] == own.pk
    assert limited.post(f"{BASE}/generate", {"shop_id": other.pk}, 403)["code"] == "STORE_ACCESS_DENIED"
    assert limited.post(f"{BASE}/generate", {"shop_id": ShopFactory().pk}, 404)["code"] == "RESOURCE_NOT_FOUND"
    answer = limited.post(f"{BASE}/generate", {"device_name": "x" * 256, "shop_id": "x"}, 422)
    assert set(answer["errors"]) == {"device_name", "shop_id"}
    assert QrLoginSession.objects.count() == 1
    assert Shop.objects.count() == 3


def test_whoever_is_blocked_in_between_is_out(till: Caller, app: Caller, person: Person) -> None:
    shown = show(till)
    step(app, "scan", shown)
    Person.objects.update(is_active=False)
    step(app, "confirm", shown, 401)
    with pytest.raises(LoyaltyError, match="INVALID_TOKEN"):
        qr_logins.confirm(person=person, code=parts(shown)[0], at=timezone.now())
    assert QrLoginSession.objects.get().status == "scanned"


# --- At the same moment


def _open(partner: Partner) -> QrLoginSession:
    credential_caller(partner)
    return qr_logins.open_qr_login(
        partner=partner,
        credential=ApiCredential.objects.latest("pk"),
        shop_id=None,
        reach=None,
        device_name="",
        at=timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_confirmations_at_once_are_one() -> None:
    login, person, at = _open(PartnerFactory()), PersonFactory(), timezone.now()
    done = together([lambda: qr_logins.confirm(person=person, code=str(login.pairing_id), at=at)] * 6)
    assert len({one.login_id for one in done}) == 1
    assert LoginSession.objects.count() == Customer.objects.count() == 1
    assert AuditEvent.objects.filter(action="qr_login.authenticated").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_persons_at_once_one_gets_in() -> None:
    login, at = _open(PartnerFactory()), timezone.now()

    def confirm(person: Person) -> str:
        try:
            return qr_logins.confirm(person=person, code=str(login.pairing_id), at=at).status
        except LoyaltyError as error:
            return error.code

    people = [PersonFactory() for _ in range(4)]
    outcomes = Counter(together([lambda person=person: confirm(person) for person in people]))  # type: ignore[misc]
    assert outcomes == {"authenticated": 1, "QR_SESSION_USED": 3}
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_at_two_tills_of_a_partner_becomes_one_customer() -> None:
    partner, person, at = PartnerFactory(), PersonFactory(), timezone.now()
    logins = [_open(partner) for _ in range(4)]
    together(
        [
            lambda code=str(login.pairing_id): qr_logins.confirm(person=person, code=code, at=at)  # type: ignore[misc]
            for login in logins
        ]
    )
    assert Customer.objects.count() == 1
    assert LoginSession.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_confirming_and_rejecting_at_once_end_in_one_of_them() -> None:
    person, at = PersonFactory(), timezone.now()
    for _ in range(3):
        login = _open(PartnerFactory())

        def act(service: Any, login: QrLoginSession = login) -> str:
            try:
                return str(service(person=person, code=str(login.pairing_id), at=at).status)
            except LoyaltyError as error:
                return error.code

        acts = [lambda act=act: act(qr_logins.confirm), lambda act=act: act(qr_logins.reject)]  # type: ignore[misc]
        outcomes = sorted(together(acts))
        login.refresh_from_db()
        assert outcomes in (["QR_SESSION_USED", "authenticated"], ["QR_SESSION_USED", "cancelled"])
        assert login.status == outcomes[1]


def test_erasing_somebody_forgets_where_they_logged_in(till: Caller, app: Caller, person: Person) -> None:
    step(app, "confirm", show(till))
    erase_person(actor=SYSTEM, person=person, reason="asked", at=timezone.now())
    assert QrLoginSession.objects.count() == LoginSession.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_polls_at_once_deliver_one_token_and_sweeps_at_once_tell_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(qr_logins, "publish_after_commit", lambda _c, _e, data, **_: heard.append(data["status"]))
    partner, at = PartnerFactory(), timezone.now()
    login = _open(partner)
    qr_logins.confirm(person=PersonFactory(), code=str(login.pairing_id), at=at)

    def ask() -> Any:
        found = QrLoginSession.objects.select_related("customer").get(pk=login.pk)
        return qr_logins.deliver(login=found, at=at)["token"]

    assert len(set(together([ask] * 6))) == 1
    _open(partner)
    heard.clear()
    together([lambda: qr_logins.expire_qr_logins(at=at + timedelta(minutes=6))] * 4)
    assert heard == ["expired"]
