"""The demo's webhooks: endpoints and deliveries in every state that the back office shows, and quiet sales."""

from datetime import UTC, datetime

import pytest

from customers.tests.factories import CustomerFactory
from ledger.models import FollowedPartner
from ledger.services.demo_webhooks import EVENTS, WebhookDemo
from messaging.models import Delivery, WebhookEndpoint
from messaging.services.deliveries import claim
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_demo_has_endpoints_and_deliveries_in_every_state_once() -> None:
    partner = PartnerFactory(name="Šalia kavinė")
    CustomerFactory.create_batch(EVENTS + 3, partner=partner)
    for _ in range(2):
        WebhookDemo().load(partner=partner, key="chain", at=AT, say=lambda _text: None)
    states = WebhookEndpoint.objects.order_by("pk").values_list("state", "reason")
    assert list(states) == [("active", ""), ("paused", "failing"), ("disabled", "gone")]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending", "delivered", "failed"}
    assert Delivery.objects.filter(endpoint__description="CRM").count() == EVENTS
    assert Delivery.objects.filter(replays=1).count() == 1
    assert not FollowedPartner.objects.exists()
    assert claim(at=AT, slots=9, is_slow=False) == claim(at=AT, slots=9, is_slow=True) == []
    assert WebhookDemo().handover(partner=partner, at=AT) == {}


@pytest.mark.django_db
def test_a_partner_without_customers_has_endpoints_too() -> None:
    WebhookDemo().load(partner=PartnerFactory(name="今日"), key="chain", at=AT, say=lambda _text: None)
    assert (WebhookEndpoint.objects.count(), Delivery.objects.count()) == (3, 0)
