"""SMS accounts as platform staff keep them: settings, secrets, which one is active, money, usage."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from loyalty.errors import ValidationFailed
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.services.sealing import unseal
from loyalty.services.tokens import ADMIN_REALM, open_session
from loyalty.tests.factories import AdminFactory
from loyalty.tests.together import together
from messaging.errors import SmsAccountBusy, SmsAccountMissing, SmsBalanceTooLow
from messaging.models import SmsAccount, SmsMessage, SmsTopUp
from messaging.services.partner_sms import Order, send_for_partner
from messaging.services.sms_accounts import change_account, close_account, open_account
from messaging.services.sms_delivery import deliver_sms
from messaging.services.sms_money import top_up
from messaging.tests.sms_factories import SmsAccountFactory
from partners.models import Partner
from partners.tests.callers import Caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
CONTACT = {"account_name": "Coffee", "contact_name": "Ona", "contact_email": "ona@coffee.example"}
LINE = {"host": "smpp.provider.example", "port": 2775, "username": "coffee", "password": "Slapta-1"}


@pytest.fixture
def admin() -> Caller:
    tokens = open_session(user=AdminFactory(), realm=ADMIN_REALM, partner_id=None, at=timezone.now())
    return Caller({"Authorization": f"Bearer {tokens.access}"})


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory()


def at(partner: Partner, rest: str = "") -> str:
    return f"/en/admin/partners/{partner.pk}/sms-accounts{rest}"


def send(account: SmsAccount, phone: str = "+37060000001", text: str = "Hello", **order: Any) -> SmsMessage:
    wished = Order(source=account.senders[0], destination=phone, text=text, **order)
    return send_for_partner(partner=account.partner, order=wished, at=timezone.now()).message


# --- Settings


def test_an_account_is_opened_with_the_contracts_fields_and_active_at_once(admin: Caller, partner: Partner) -> None:
    made = admin.post(at(partner), {**CONTACT, "company_name": "UAB", "auto_activate": True})["data"]
    assert (made["is_active"], made["kind"], made["balance"], made["has_password"]) == (True, "platform", 0, False)
    assert made["prices"] == {"LT": 0.0556, "other": 0.1295}
    assert made["usage"] == {"messages": 0, "sent": 0, "delivered": 0, "failed": 0, "parts": 0, "cost": 0}
    assert admin.get(at(partner, f"/{made['id']}"))["data"] == made
    listed = admin.get(at(partner))
    assert (listed["data"], listed["meta"]["total"]) == ([made], 1)


def test_a_password_is_sealed_never_shown_kept_by_a_blank_and_not_in_the_audit_trail(
    admin: Caller, partner: Partner
) -> None:
    account = admin.post(at(partner), CONTACT)["data"]
    changed = admin.put(at(partner, f"/{account['id']}"), LINE)
    assert (changed["data"]["kind"], changed["data"]["has_password"]) == ("smpp", True)
    stored = SmsAccount.objects.get()
    assert unseal(bytes(stored.sealed_password)) == "Slapta-1"
    admin.put(at(partner, f"/{account['id']}"), {"password": "", "customer_id": "C-1"})
    stored.refresh_from_db()
    assert (unseal(bytes(stored.sealed_password)), stored.customer_id) == ("Slapta-1", "C-1")
    everything = f"{changed}{admin.get(at(partner))}{list(AuditEvent.objects.values())}{SmsAccount.objects.values()}"
    assert "Slapta" not in everything
    assert "ona@coffee" not in str(list(AuditEvent.objects.values()))
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        *("sms_account.opened", "sms_account.changed", "sms_account.changed"),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_name", ""),
        ("contact_email", "nobody"),
        ("kind", "pigeon"),
        ("base_url", "http://provider.example"),
        ("base_url", "https://127.0.0.1/"),
        ("base_url", "https://10.1.2.3/"),
        ("base_url", "https://provider.example/?a=1"),
        ("host", "localhost"),
        ("host", "a b"),
        ("host", "0x7f000001"),
        ("port", 0),
        ("port", 70_000),
        ("connection_timeout", 0),
        ("bind_timeout", 61),
        ("senders", ["x" * 12]),
        ("senders", ["Kavinė"]),
        ("currency", "eur"),
        ("prices", {"LT": 0.05}),
        ("prices", {"LT": "x", "other": 0.1}),
        ("prices", {"lt": 0.05, "other": 0.1}),
        ("prices", {"other": -1}),
        ("prices", {"other": 0.00001}),
        ("credit_limit", -1),
        ("is_active", "perhaps"),
        ("balance", 100),
        ("no_such_field", 1),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    admin: Caller, partner: Partner, field: str, value: Any
) -> None:
    account = admin.post(at(partner), CONTACT)["data"]
    answer = admin.put(at(partner, f"/{account['id']}"), {field: value}, 422)
    assert [name.partition(".")[0] for name in answer["errors"]] == [field]
    assert admin.get(at(partner, f"/{account['id']}"))["data"] == account


def test_prices_are_put_as_a_whole(admin: Caller, partner: Partner) -> None:
    account = admin.post(at(partner), CONTACT)["data"]
    changed = admin.put(at(partner, f"/{account['id']}"), {"prices": {"LT": 0.04, "LV": "0.05", "other": 0.2}})["data"]
    assert changed["prices"] == {"LT": 0.04, "LV": 0.05, "other": 0.2}


# --- Which one is active


def test_an_account_that_is_activated_takes_the_place_of_the_other(admin: Caller, partner: Partner) -> None:
    first = admin.post(at(partner), {**CONTACT, "auto_activate": True})["data"]
    second = admin.post(at(partner), {**CONTACT, "auto_activate": True})["data"]
    active = [one["id"] for one in admin.get(at(partner))["data"] if one["is_active"]]
    assert active == [second["id"]]
    admin.put(at(partner, f"/{first['id']}"), {"is_active": True})
    assert [one["id"] for one in admin.get(at(partner))["data"] if one["is_active"]] == [first["id"]]


def test_an_account_without_a_way_to_log_in_is_not_activated(admin: Caller, partner: Partner) -> None:
    account = admin.post(at(partner), {**CONTACT, "kind": "http"})["data"]
    answer = admin.put(at(partner, f"/{account['id']}"), {"is_active": True}, 409)
    assert answer["code"] == "SMS_ACCOUNT_NOT_READY"
    assert "base_url, username, password" in answer["message"]
    assert not SmsAccount.objects.get().is_active


@pytest.mark.django_db(transaction=True)
def test_of_eight_opened_at_once_one_is_active() -> None:
    partner = PartnerFactory()

    def make() -> Any:
        return open_account(actor=SYSTEM, partner=partner, data=CONTACT, is_activated=True, at=timezone.now())

    together([make] * 8)
    assert SmsAccount.objects.filter(partner=partner).count() == 8
    assert SmsAccount.objects.filter(partner=partner, is_active=True).count() == 1


# --- Closing


def test_an_account_with_waiting_messages_is_not_closed(admin: Caller, settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    account = SmsAccountFactory(password="secret")
    message = send(account)
    path = at(account.partner, f"/{account.pk}")
    assert admin.delete(path, 409)["code"] == "SMS_ACCOUNT_BUSY"
    account.refresh_from_db()
    assert account.is_active
    deliver_sms(sms_message_id=message.pk, at=timezone.now())
    admin.delete(path)
    for call in (admin.get, lambda one, status: admin.put(one, {}, status), admin.delete):
        assert call(path, 404)["code"] == "RESOURCE_NOT_FOUND"
    account.refresh_from_db()
    assert (account.is_active, account.sealed_password) == (False, None)
    assert SmsMessage.objects.get().account == account


@pytest.mark.django_db(transaction=True)
def test_no_message_is_queued_on_an_account_that_is_being_closed(settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    for _ in range(5):
        account = SmsAccountFactory()

        def close(account: SmsAccount = account) -> str:
            try:
                close_account(actor=SYSTEM, partner=account.partner, account_id=account.pk, at=timezone.now())
            except SmsAccountBusy:
                return "busy"
            return "closed"

        def queue(account: SmsAccount = account) -> str:
            try:
                send(account)
            except (SmsBalanceTooLow, SmsAccountMissing):
                return "refused"
            return "queued"

        outcome = together([close, queue])
        assert outcome in (["busy", "queued"], ["closed", "refused"])


# --- Money


def test_money_comes_in_with_who_and_why_and_a_reference_counts_once(admin: Caller, partner: Partner) -> None:
    account = admin.post(at(partner), CONTACT)["data"]
    path = at(partner, f"/{account['id']}/top-up")
    paid = {"amount": 50.25, "reference": "INV-1", "reason": "Bank transfer"}
    first = admin.post(path, paid)["data"]
    assert (first["amount"], first["balance"], first["currency"]) == (50.25, 50.25, "EUR")
    assert admin.post(path, paid)["data"] == first
    assert admin.post(path, {**paid, "amount": 60}, 409)["code"] == "RESOURCE_ALREADY_EXISTS"
    admin.post(path, {"amount": -0.25})
    assert SmsAccount.objects.get().balance == 50
    assert admin.post(path, {"amount": -51}, 422)["errors"] == {"amount": ["There is not as much on the account."]}
    assert [str(one.amount) for one in SmsTopUp.objects.order_by("pk")] == ["50.2500", "-0.2500"]
    event = AuditEvent.objects.filter(action="sms_account.topped_up").order_by("pk").first()
    assert (event.changes["balance"], event.reason, event.actor_kind) == (
        *(["0.0000", "50.2500"], "Bank transfer", "admin"),
    )


@pytest.mark.parametrize("amount", [0, "x", None, 1_000_001, 0.00001, True])
def test_an_amount_that_is_none_is_refused(admin: Caller, partner: Partner, amount: Any) -> None:
    account = admin.post(at(partner), CONTACT)["data"]
    assert list(admin.post(at(partner, f"/{account['id']}/top-up"), {"amount": amount}, 422)["errors"]) == ["amount"]
    assert SmsTopUp.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_payments_and_messages_at_once_lose_no_cent(settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    account = SmsAccountFactory(balance=Decimal(1))

    def pay() -> None:
        top_up(
            actor=SYSTEM,
            partner=account.partner,
            account_id=account.pk,
            amount=Decimal("0.5"),
            reference="",
            reason="",
            at=timezone.now(),
        )

    def edit() -> None:
        change_account(
            actor=SYSTEM,
            partner=account.partner,
            account_id=account.pk,
            data={"company_name": "UAB"},
            at=timezone.now(),
        )

    together([pay, lambda: send(account, text="a"), edit, pay, lambda: send(account, text="b"), edit, pay])
    account.refresh_from_db()
    assert account.balance == Decimal(1) + 3 * Decimal("0.5") - 2 * Decimal("0.0556")


def test_the_currency_and_the_limit_follow_the_money(admin: Caller, partner: Partner) -> None:
    account = admin.post(at(partner), {**CONTACT, "billing": "postpaid", "credit_limit": 10})["data"]
    path = at(partner, f"/{account['id']}")
    admin.put(path, {"currency": "USD"})
    admin.post(f"{path}/top-up", {"amount": -5})
    assert list(admin.put(path, {"credit_limit": 4}, 422)["errors"]) == ["credit_limit"]
    assert list(admin.put(path, {"billing": "prepaid"}, 422)["errors"]) == ["credit_limit"]
    assert list(admin.put(path, {"currency": "EUR"}, 422)["errors"]) == ["currency"]
    assert SmsAccount.objects.get().credit_limit == 10
    with pytest.raises(ValidationFailed):
        change_account(
            actor=SYSTEM,
            partner=partner,
            account_id=account["id"],
            data={"credit_limit": Decimal(1)},
            at=timezone.now(),
        )


# --- Usage


def test_usage_adds_up_by_day_country_purpose_and_account(admin: Caller, settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    account = SmsAccountFactory()
    sent = [send(account), send(account, "+4915112345678", "a" * 161), send(account, text="late", minutes=1)]
    for message in sent[:2]:
        deliver_sms(sms_message_id=message.pk, at=timezone.now())
    deliver_sms(sms_message_id=sent[2].pk, at=timezone.now() + timedelta(hours=1))
    yesterday = timezone.now() - timedelta(days=1)
    SmsMessage.objects.filter(pk=sent[0].pk).update(queued_at=yesterday)
    day = yesterday.date().isoformat()
    stats = admin.get(f"/en/admin/partners/{account.partner_id}/sms-stats", date_from=day)["data"]
    assert stats["totals"] == {"messages": 3, "sent": 2, "delivered": 0, "failed": 1, "parts": 4, "cost": 0.3146}
    assert stats["currency"] == "EUR"
    assert [(one["country"], one["messages"], one["cost"]) for one in stats["by_country"]] == [
        ("DE", 1, 0.259),
        ("LT", 2, 0.0556),
    ]
    assert [one["messages"] for one in stats["by_day"]] == [1, 2]
    assert [(one["purpose"], one["parts"]) for one in stats["by_purpose"]] == [("service", 4)]
    assert [(one["account_id"], one["cost"]) for one in stats["by_account"]] == [(account.pk, 0.3146)]
    listed = admin.get(at(account.partner))["data"][0]
    assert listed["balance"] == 9.6854


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"date_from": "2026-13-01"}, "date_from"),
        ({"date_to": "20261101"}, "date_to"),
        ({"date_from": "2026-11-02", "date_to": "2026-11-01"}, "date_from"),
        ({"date_from": "2020-01-01", "date_to": "2026-11-01"}, "date_from"),
        ({"date_to": "0001-01-01"}, "date_to"),
    ],
)
def test_a_period_that_is_none_is_refused(admin: Caller, partner: Partner, query: Any, field: str) -> None:
    answer = admin.get(f"/en/admin/partners/{partner.pk}/sms-stats", 422, **query)
    assert list(answer["errors"]) == [field]


def test_a_day_is_the_partners_own(admin: Caller, settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    account = SmsAccountFactory()
    SmsMessage.objects.filter(pk=send(account).pk).update(queued_at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    path = f"/en/admin/partners/{account.partner_id}/sms-stats"
    for since, found in (("2026-11-01", 1), ("2026-10-31", 0)):
        assert admin.get(path, date_from=since, date_to=since)["data"]["totals"]["messages"] == found


# --- Who


def test_only_platform_staff_and_only_the_partner_in_the_path(admin: Caller, partner: Partner) -> None:
    account = SmsAccountFactory()
    owner = staff_caller(account.partner)
    assert owner.get(at(account.partner), 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    for rest in (f"/{account.pk}", "/999999"):
        assert admin.get(at(partner, rest), 404)["code"] == "RESOURCE_NOT_FOUND"
        assert admin.put(at(partner, rest), {}, 404)["code"] == "RESOURCE_NOT_FOUND"
        assert admin.post(at(partner, f"{rest}/top-up"), {"amount": 1}, 404)["code"] == "RESOURCE_NOT_FOUND"
        assert admin.post(at(partner, f"{rest}/test-connection"), {}, 404)["code"] == "RESOURCE_NOT_FOUND"
        assert admin.delete(at(partner, rest), 404)["code"] == "RESOURCE_NOT_FOUND"
    assert admin.get("/en/admin/partners/99999999/sms-accounts", 404)["code"] == "PARTNER_NOT_FOUND"


def test_the_list_asks_as_often_for_twenty_as_for_two(admin: Caller, partner: Partner) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin.get(at(partner), per_page=50)
        return len(queries)

    for _ in range(2):
        SmsAccountFactory(partner=partner, is_active=False)
    count()
    few = count()
    for _ in range(18):
        SmsAccountFactory(partner=partner, is_active=False)
    assert count() == few
