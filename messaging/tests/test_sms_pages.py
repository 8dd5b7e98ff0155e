"""SMS in the back office: accounts with a secret that never comes out, money with a reason, a message taken back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.models import AuditEvent
from loyalty.services.sealing import unseal
from loyalty.tests.factories import AdminFactory
from messaging.models import SmsAccount, SmsMessage, SmsTopUp
from messaging.services.partner_sms import Order, send_for_partner
from messaging.services.sms_delivery import deliver_sms
from messaging.tests.sms_factories import SmsAccountFactory
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
FORM: dict[str, Any] = {
    "account_name": "Coffee",
    "contact_name": "Ona",
    "contact_email": "ona@coffee.example",
    "kind": "smpp",
    "host": "smpp.provider.example",
    "port": 2775,
    "username": "coffee",
    "password": "Slapta-7",
    "connection_timeout": 10,
    "bind_timeout": 10,
    "senders": "Coffee\nCoffee Bar",
    "currency": "EUR",
    "prices": "LT: 0.05\nother: 0.2",
    "billing": "prepaid",
    "credit_limit": "0",
}


@pytest.fixture
def boss(client: Client, settings: Any) -> Client:
    settings.SMS_SHOWS_CODES = True
    client.force_login(AdminFactory())
    return client


def page(what: str, *args: Any) -> str:
    return reverse(f"admin:messaging_{what}", args=args)


def test_an_account_is_opened_and_changed_and_its_password_never_comes_out(boss: Client) -> None:
    partner = PartnerFactory()
    made = boss.post(page("smsaccount_add"), {**FORM, "partner": partner.pk, "is_active": "on"})
    assert made.status_code == 302, made.content.decode()
    account = SmsAccount.objects.get()
    assert (account.senders, account.prices) == (["Coffee", "Coffee Bar"], {"LT": "0.05", "other": "0.2"})
    assert (account.is_active, unseal(bytes(account.sealed_password))) == (True, "Slapta-7")
    form = {**FORM, "password": "", "is_active": "on", "audit_reason": "moved", "bind_timeout": 20}
    boss.post(page("smsaccount_change", account.pk), form)
    account.refresh_from_db()
    assert (account.bind_timeout, unseal(bytes(account.sealed_password))) == (20, "Slapta-7")
    shown = [boss.get(page("smsaccount_change", account.pk)), boss.get(page("smsaccount_changelist"))]
    assert not any("Slapta" in one.content.decode() for one in shown)
    events = list(AuditEvent.objects.order_by("pk").values_list("action", "reason", "actor_kind"))
    assert events == [("sms_account.opened", "", "admin"), ("sms_account.changed", "moved", "admin")]
    assert "Slapta" not in str(list(AuditEvent.objects.values()))
    assert AuditEvent.objects.latest("pk").changes == {"bind_timeout": [10, 20]}


@pytest.mark.parametrize(
    ("field", "value"),
    [("senders", "Kavinė"), ("prices", "LT: x"), ("prices", "LT: 0.1"), ("host", "localhost"), ("port", 0)],
)
def test_what_cannot_be_meant_is_said_at_its_field(boss: Client, field: str, value: Any) -> None:
    answer = boss.post(page("smsaccount_add"), {**FORM, "partner": PartnerFactory().pk, field: value})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert SmsAccount.objects.count() == 0


def test_money_comes_in_with_a_reason_and_the_page_shows_what_it_went_to(boss: Client) -> None:
    account = SmsAccountFactory(balance=0)
    paid = {"amount": "12.50", "reference": "INV-9", "reason": "Bank transfer"}
    for _ in range(2):  # a form that is sent twice counts once
        boss.post(page("smsaccount_add_money", account.pk), paid)
    account.refresh_from_db()
    assert (account.balance, SmsTopUp.objects.count()) == (Decimal("12.5"), 1)
    answer = boss.post(page("smsaccount_add_money", account.pk), {**paid, "reference": "", "amount": "-13"})
    assert "There is not as much on the account." in answer.content.decode()
    order = Order(source="Coffee", destination="+37060000001", text="Hello")
    deliver_sms(
        sms_message_id=send_for_partner(partner=account.partner, order=order, at=timezone.now()).message.pk,
        at=timezone.now(),
    )
    shown = boss.get(page("smsaccount_change", account.pk)).content.decode()
    assert "INV-9" in shown
    assert page("smsmessage_changelist") in shown


def test_a_connection_is_tried_from_its_page(boss: Client) -> None:
    account = SmsAccountFactory(kind="smpp", host="10.0.0.1", username="u", password="p")
    answer = boss.post(page("smsaccount_test_connection", account.pk), {"reason": "new provider"}, follow=True)
    assert "not_public" in answer.content.decode()
    account.refresh_from_db()
    assert account.test_result == "not_public"


def test_a_scheduled_message_is_taken_back_with_its_cost(boss: Client) -> None:
    account = SmsAccountFactory()
    at = timezone.now() + timedelta(hours=1)
    order = Order(source="Coffee", destination="+37060000001", text="Hello", scheduled=at)
    message = send_for_partner(partner=account.partner, order=order, at=timezone.now()).message
    boss.post(page("smsmessage_cancel", message.pk), {"reason": "A mistake"})
    message.refresh_from_db()
    account.refresh_from_db()
    assert (message.status, message.error, account.balance) == ("failed", "cancelled", 10)
    assert deliver_sms(sms_message_id=message.pk, at=at) is None
    assert boss.get(page("smsmessage_cancel", message.pk)).status_code == 404


def test_an_account_with_waiting_messages_is_not_closed_and_a_closed_one_cannot_be_changed(boss: Client) -> None:
    account = SmsAccountFactory()
    order = Order(source="Coffee", destination="+37060000001", text="Hello")
    send_for_partner(partner=account.partner, order=order, at=timezone.now())
    answer = boss.post(page("smsaccount_close", account.pk), {"reason": "over"})
    assert "still waiting" in answer.content.decode()
    deliver_sms(sms_message_id=SmsMessage.objects.get().pk, at=timezone.now())
    boss.post(page("smsaccount_close", account.pk), {"reason": "over"})
    account.refresh_from_db()
    assert account.deleted_at is not None
    assert 'name="_save"' not in boss.get(page("smsaccount_change", account.pk)).content.decode()


def test_an_accounts_page_counts_its_own_messages_and_no_other_accounts(boss: Client) -> None:
    account = SmsAccountFactory()
    order = Order(source="Coffee", destination="+37060000001", text="Hello")
    sent = send_for_partner(partner=account.partner, order=order, at=timezone.now()).message
    SmsAccount.objects.filter(pk=account.pk).update(is_active=False)
    other = SmsAccountFactory(partner=account.partner)
    assert "Nothing this month." not in boss.get(page("smsaccount_change", account.pk)).content.decode()
    shown = [one.rows for one in boss.get(page("smsaccount_change", account.pk)).context["panels"]]
    day = timezone.localdate(sent.queued_at, ZoneInfo(account.partner.time_zone)).isoformat()
    assert shown[0][0][:2] == [day, "1"]
    assert [row[1] for row in shown[0]] == ["1", "1"]
    assert len(shown[3]) == 1
    empty = boss.get(page("smsaccount_change", other.pk)).content.decode()
    assert empty.count("Nothing this month.") == 4
