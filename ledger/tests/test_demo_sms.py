"""The demo's SMS: one account a partner, whose balance is what was paid less what was sent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import Sum

from customers.tests.factories import CustomerFactory
from ledger.services.demo_sms import MESSAGES, PAID, SmsDemo
from messaging.models import Consent, SmsAccount, SmsMessage, SmsTemplate
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_demo_has_an_account_with_a_month_of_messages_once() -> None:
    partner = PartnerFactory(name="Šalia kavinė")
    for number in range(5):
        CustomerFactory(partner=partner, phone=f"+3706000010{number}")
    Consent.objects.create(
        partner=partner, channel="sms", address="+37060000101", is_given=True, source="till", given_at=AT
    )
    for _ in range(2):
        SmsDemo().load(partner=partner, key="chain", at=AT, say=lambda _text: None)
    account = SmsAccount.objects.get()
    assert SmsMessage.objects.count() == MESSAGES
    spent = SmsMessage.objects.filter(refunded_at=None).aggregate(total=Sum("cost"))["total"]
    assert account.balance == PAID - spent > Decimal(0)
    assert set(SmsMessage.objects.filter(purpose="marketing").values_list("phone", flat=True)) == {"+37060000101"}
    assert set(SmsTemplate.objects.values_list("partner", "code", "language")) == {
        (partner.pk, "order_ready", "en"),
        (partner.pk, "order_ready", "lt"),
    }
    assert SmsMessage.objects.filter(template="order_ready", purpose="service").exists()
    assert SmsDemo().handover(partner=partner, at=AT) == {}
