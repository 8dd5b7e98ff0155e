"""The demo's mails: the partner's own words, and a failure to send again."""

from datetime import UTC, datetime

import pytest

from ledger.services.demo_mails import MailsDemo
from messaging.models import EmailMessage, MessageTemplate
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_each_demo_partner_has_a_text_of_its_own_a_mail_in_it_and_one_that_failed_once() -> None:
    partner = PartnerFactory(name="Kavos namai", contact_email="info@kava.test", default_language="lt")
    for _ in range(2):
        MailsDemo().load(partner=partner, key="chain", at=AT, say=lambda _text: None)
    assert MessageTemplate.objects.count() == 1
    sent, failed = EmailMessage.objects.order_by("pk")
    assert (sent.status, sent.to, sent.subject) == (
        "queued",
        "info@kava.test",
        "Trūksta dokumentų: Sutartis kitiems metams",
    )
    assert "„Kavos namai“ komanda" in sent.text
    assert (failed.status, failed.error) == ("failed", "550 5.1.1 no such mailbox")
    assert MailsDemo().handover(partner=partner, at=AT) == {}
