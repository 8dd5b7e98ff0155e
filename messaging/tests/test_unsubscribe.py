"""Marketing by e-mail goes to those who said yes, with a way out of one click."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from loyalty.api.base import ANONYMOUS_LIMITS
from messaging.errors import EmailConsentMissing
from messaging.models import Consent, EmailMessage
from messaging.services.emails import deliver_email, queue_email
from messaging.services.unsubscribing import unsubscribe_url
from messaging.tests.mail_servers import mail_server
from partners.models import Partner
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
TO = "ona@klientai.test"


def agree(partner: Partner) -> None:
    Consent.objects.create(partner=partner, channel="email", address=TO, is_given=True, source="till", given_at=AT)


def queue(partner: Partner) -> EmailMessage:
    words = {"subject": "News", "message": "Coffee for half the price."}
    return queue_email(
        partner=partner, to=TO, template="custom", values=words, language="en", purpose="marketing", at=AT
    )


def test_a_mail_says_how_to_end_it_and_one_post_ends_it(settings: Any) -> None:
    partner, other = PartnerFactory(name="Kavos Namai", contact_email="info@k.test"), PartnerFactory()
    agree(partner)
    agree(other)
    with mail_server(settings) as server:
        deliver_email(email_id=queue(partner).pk, at=AT)
        [mail] = server.mails
    assert (mail["From"], mail["Reply-To"]) == ("Kavos Namai <no-reply@localhost>", "info@k.test")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = mail["List-Unsubscribe"].strip().strip("<>")
    assert url.startswith(f"{settings.BASE_URL}/mail/unsubscribe/")
    assert url in mail.get_body(("plain",)).get_content()
    assert "ona" not in url
    waiting = queue(partner)
    path, browser = url.removeprefix(settings.BASE_URL), Client(enforce_csrf_checks=True)
    page = browser.get(path)
    assert (page.status_code, "Kavos Namai" in page.content.decode()) == (200, True)
    assert Consent.objects.count() == 2
    for _ in range(2):
        done = browser.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert done.status_code == 200
        assert not done.cookies
    said = Consent.objects.order_by("-pk")[0]
    assert (said.partner, said.address, said.is_given, said.source) == (partner, TO, False, "unsubscribe")
    assert Consent.objects.count() == 3
    with pytest.raises(EmailConsentMissing):
        queue(partner)
    # One that waited does not go out any more; the other partner's still do.
    deliver_email(email_id=waiting.pk, at=AT)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.error) == ("failed", "no consent")
    assert queue(other).status == "queued"


def test_a_provider_that_clicks_for_thousands_of_readers_is_never_turned_away(settings: Any) -> None:
    partner, client = PartnerFactory(), Client()
    most = ANONYMOUS_LIMITS
    paths = [
        unsubscribe_url(partner=partner, address=f"r{number}@klientai.test").removeprefix(settings.BASE_URL)
        for number in range(most.per_minute + 5)
    ]
    assert {client.post(path).status_code for path in paths} == {200}
    assert Consent.objects.filter(partner=partner, is_given=False).count() == len(paths)
    # Guesses are counted as before.
    guesses = [client.post("/mail/unsubscribe/guess").status_code for _ in range(most.per_minute + 1)]
    assert (guesses[0], guesses[-1]) == (404, 429)


@pytest.mark.parametrize("token", ["x", "gAAAAABnonsense", "%C4%85", "a" * 3000])
def test_a_link_that_is_not_ours_is_404(token: str) -> None:
    assert Client().post(f"/mail/unsubscribe/{token}").status_code == 404
    assert Consent.objects.count() == 0
