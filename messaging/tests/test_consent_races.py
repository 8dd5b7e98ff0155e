"""A yes and a no at the same moment: the later word counts, and a no is never lost. Committed for real."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from loyalty.conf.logging import JsonFormatter
from loyalty.errors import ValidationFailed
from loyalty.tests.together import together
from messaging.choices import SmsPurpose
from messaging.models import Consent
from messaging.selectors.consents import is_marketing_allowed
from messaging.services.consents import LOCK, record_consents
from messaging.services.emails import agrees
from messaging.services.partner_sms import Order, send_for_partner
from messaging.services.sms_notices import note_text_call
from messaging.services.unsubscribing import unsubscribe, unsubscribe_url
from messaging.tests.sms_factories import SmsAccountFactory
from partners.models import Partner
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
TO = "ona@klientai.test"
PHONE = "+37061234567"


def say(partner: Partner, answer: bool, at: datetime) -> None:
    record_consents(partner=partner, given={("email", "marketing", TO): answer}, source="test", at=at)


def click(partner: Partner, at: datetime) -> None:
    unsubscribe(token=unsubscribe_url(partner=partner, address=TO).rsplit("/", 1)[1], at=at)


def wait_until_one_waits() -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted", [LOCK]
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def amid(first: Callable[[], None], second: Callable[[], None]) -> None:
    """`first` in a transaction that stays open until `second`, on another connection, waits for it."""

    def work() -> None:
        try:
            second()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        first()
        thread.start()
        wait_until_one_waits()
    thread.join(10)
    assert not thread.is_alive()


def test_who_unsubscribes_amid_a_long_yes_gets_no_mail() -> None:
    """The no compares with what the open transaction is about to write, or it would find nothing to change."""
    partner = PartnerFactory()
    say(partner, False, AT - timedelta(days=1))
    amid(lambda: say(partner, True, AT), lambda: click(partner, LATER))
    assert not agrees(partner, TO)
    assert list(Consent.objects.order_by("pk").values_list("is_given", flat=True)) == [False, True, False]


def test_a_yes_of_before_that_waited_for_a_no_does_not_count() -> None:
    partner = PartnerFactory()
    say(partner, True, AT - timedelta(days=1))
    amid(lambda: click(partner, LATER), lambda: say(partner, True, AT))
    assert not agrees(partner, TO)


def test_a_yes_of_after_the_no_counts() -> None:
    partner = PartnerFactory()
    say(partner, True, AT - timedelta(days=1))
    amid(lambda: click(partner, AT), lambda: say(partner, True, LATER))
    assert agrees(partner, TO)


def test_a_no_counts_whatever_its_clock_says() -> None:
    partner = PartnerFactory()
    say(partner, True, LATER)
    click(partner, AT)
    assert not agrees(partner, TO)


def test_who_waits_too_long_is_told_to_come_again(settings: Any, caplog: Any) -> None:
    """A mail program tries again after a 503, never after a 500; and no log keeps the link."""
    partner = PartnerFactory()
    path = unsubscribe_url(partner=partner, address=TO).removeprefix(settings.BASE_URL)

    def post() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        return Client().post(path, {"List-Unsubscribe": "One-Click"})

    with transaction.atomic():
        say(partner, True, AT)
        [answer] = together([post])
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert not any(path in JsonFormatter().format(record) for record in caplog.records)
    assert Client().post(path).status_code == 200
    assert not agrees(partner, TO)


def test_other_addresses_and_other_partners_do_not_wait() -> None:
    partner, other = PartnerFactory(), PartnerFactory()
    with transaction.atomic():
        say(partner, True, AT)
        given = {("email", "marketing", "jonas@klientai.test"): False}
        free = [
            partial(click, other, AT),
            partial(record_consents, partner=partner, given=given, source="test", at=AT),
        ]
        together(free)
    assert Consent.objects.count() == 3


def test_advertisements_with_a_yes_and_a_stop_never_lock_each_other_out() -> None:
    """One locks the number and then the account's money; the other must not hold the account first."""
    account = SmsAccountFactory(balance=100)
    order = Order("Coffee", PHONE, "Half the price", purpose=SmsPurpose.MARKETING, is_consent_given=True)

    def stop(number: int) -> Any:
        said = {"id": f"IN-{number}", "source": PHONE, "message": "STOP"}
        return note_text_call(account_id=account.pk, said=said, at=LATER + timedelta(minutes=number))

    def send(number: int) -> None:
        with suppress(ValidationFailed):  # a later STOP was quicker
            send_for_partner(partner=account.partner, order=order, at=AT + timedelta(hours=number))

    for turn in range(5):
        together([partial(act, turn * 4 + number) for number in range(4) for act in (send, stop)])
    stop(6_000)
    assert not is_marketing_allowed(partner=account.partner, phone=PHONE)
