"""Owners hear by mail that their endpoint fails, is paused or is gone: once each, in the partner's language."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from loyalty.outbound.tests.servers import serving, status
from loyalty.tests.factories import UserFactory
from messaging.models import EmailMessage, WebhookEndpoint
from messaging.services import deliveries
from messaging.services.emails import deliver_email
from messaging.tests.endpoints import NOW, EndpointFactory, open_to, run_relay, waiting
from partners.models import Partner
from partners.tests.factories import PartnerFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    partner = PartnerFactory(name="Kavos namai", default_language="lt", time_zone="Europe/Vilnius")
    for name in ("ona", "jonas"):
        StaffFactory(partner=partner, user=UserFactory(email=f"{name}@kava.test", language="en"))
    StaffFactory(partner=partner, role="manager", user=UserFactory(email="manager@kava.test"))
    StaffFactory(partner=partner, is_active=False, user=UserFactory(email="former@kava.test"))
    StaffFactory(user=UserFactory(email="elsewhere@other.test"))
    return partner


def fail(endpoint: WebhookEndpoint, *moments: datetime) -> None:
    for at in moments:
        waiting(endpoint, at)
        run_relay(at=at)


def mails() -> list[tuple[str, str]]:
    return list(EmailMessage.objects.order_by("pk").values_list("template", "to"))


def to_owners(template: str) -> list[tuple[str, str]]:
    return [(template, "ona@kava.test"), (template, "jonas@kava.test")]


def test_owners_are_warned_after_a_day_and_told_of_the_pause_once(
    partner: Partner, monkeypatch: Any, settings: Any
) -> None:
    with serving(status(500)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(partner=partner, url=server.url("/hooks?key=hush"))
        fail(endpoint, NOW, NOW + timedelta(hours=23))
        assert mails() == []
        fail(endpoint, NOW + timedelta(hours=24), NOW + timedelta(days=3))
        assert mails() == to_owners("webhook_failing")
        fail(endpoint, NOW + timedelta(days=5), NOW + timedelta(days=6))
        assert mails() == to_owners("webhook_failing") + to_owners("webhook_paused")
    warning, paused = EmailMessage.objects.order_by("pk")[::2]
    assert (warning.language, warning.partner_id) == ("lt", partner.pk)
    for email in (warning, paused):
        assert "hush" not in email.text + email.html
        assert "/hooks" in email.text
        assert "2026-11-02 10:00" in email.text
        assert "Kavos namai" in email.subject
    assert "accepted" not in warning.text + paused.text
    assert "trisdešimt dienų" in paused.text
    assert deliver_email(email_id=paused.pk, at=NOW + timedelta(days=5)).status == "sent"
    assert mail.outbox[-1].to == ["ona@kava.test"]


def test_a_success_in_between_starts_anew(partner: Partner, monkeypatch: Any, settings: Any) -> None:
    with serving(status(500)) as server:
        open_to(monkeypatch, settings, server)
        endpoint = EndpointFactory(partner=partner, url=server.url())
        fail(endpoint, NOW, NOW + timedelta(days=2))
        server.answer = status(200)
        fail(endpoint, NOW + timedelta(days=3))
        server.answer = status(500)
        fail(endpoint, NOW + timedelta(days=4), NOW + timedelta(days=4, hours=20))
        assert len(mails()) == 2
        fail(endpoint, NOW + timedelta(days=6))
    assert mails() == to_owners("webhook_failing") * 2


def test_many_failures_settled_together_are_one_mail(partner: Partner) -> None:
    endpoint = EndpointFactory(partner=partner, failing_since=NOW - timedelta(days=5))
    for _ in range(4):
        waiting(endpoint)
    taken = deliveries.claim(at=NOW, slots=9, is_slow=False)
    assert len(taken) == 4
    outcomes = [deliveries.Outcome(one, 10, deliveries.Reply(500)) for one in taken]
    deliveries.settle(outcomes=outcomes[:2], at=NOW)
    deliveries.settle(outcomes=outcomes[2:], at=NOW)
    assert mails() == to_owners("webhook_paused")


def test_one_that_is_gone_is_told_too_and_a_contact_stands_in_for_owners(monkeypatch: Any, settings: Any) -> None:
    partner = PartnerFactory(contact_email="info@kava.test", default_language="lv")
    with serving(status(410)) as server:
        open_to(monkeypatch, settings, server)
        fail(EndpointFactory(partner=partner, url=server.url()), NOW)
    email = EmailMessage.objects.get()
    assert (email.template, email.to, email.language) == ("webhook_disabled", "info@kava.test", "en")
    assert "410" in email.text


def test_what_was_not_settled_mails_nobody(partner: Partner) -> None:
    """An attempt that was overtaken says nothing of the endpoint."""
    endpoint = EndpointFactory(partner=partner, failing_since=NOW - timedelta(days=9))
    delivery = waiting(endpoint)
    (first,) = deliveries.claim(at=NOW, slots=9, is_slow=False)
    deliveries.claim(at=NOW + timedelta(minutes=2), slots=9, is_slow=False)
    late = deliveries.Outcome(first, 10, deliveries.Reply(500))
    deliveries.settle(outcomes=[late], at=NOW + timedelta(minutes=3))
    delivery.refresh_from_db()
    assert (delivery.state, mails()) == ("sending", [])
