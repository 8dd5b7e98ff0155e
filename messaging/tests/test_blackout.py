"""Whoever is erased is found in no conversation by address; everybody else's words stay as they were written."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from customers.models import Person
from customers.services.erasure import erase_person
from customers.tests.factories import CustomerFactory, PersonFactory
from loyalty.services.audit import SYSTEM
from loyalty.tests.together import together
from messaging.models import EmailMessage, Message, MessageAttachment
from messaging.rules.blackout import BLACK, black_out, digits_of
from messaging.services.blackout import black_out_conversations
from messaging.services.messages import Draft, send_message
from messaging.tests.factories import MessageFactory
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
EMAIL, PHONE = "ona@kava.test", "+37061234567"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("Write to ona@kava.test.", f"Write to {BLACK}."),
        ("ONA@Kava.Test, please", f"{BLACK}, please"),
        ("<ona@kava.test>", f"<{BLACK}>"),
        ("(ona@kava.test)\nona@kava.test!", f"({BLACK})\n{BLACK}!"),
        ("mailto:ona@kava.test?", f"mailto:{BLACK}?"),
        ("jona@kava.test", "jona@kava.test"),
        ("ona@kava.test.lt", "ona@kava.test.lt"),
        ("ona+shop@kava.test", "ona+shop@kava.test"),
        ("@kava.test ona", "@kava.test ona"),
        ("Call +37061234567", f"Call {BLACK}"),
        ("Call +370 612 34 567, now", f"Call {BLACK}, now"),
        ("8 612 34567 or 861234567", f"{BLACK} or {BLACK}"),
        ("(8-612) 34567", BLACK),
        ("0 612 34567", BLACK),
        ("00370 61234567", BLACK),
        ("tel:+37061234567;x", f"tel:{BLACK};x"),
        ("nr37061234567lt", f"nr{BLACK}lt"),
        ("+37061234568", "+37061234568"),
        ("137061234567", "137061234567"),
        ("order 6123456", "order 6123456"),
        ("Sąskaita LT12 1000 0111 0100 1000", "Sąskaita LT12 1000 0111 0100 1000"),
        ("Она звонила: +370 612-34567", f"Она звонила: {BLACK}"),
        ("", ""),
    ],
)
def test_exactly_the_address_is_blacked_out_however_it_is_written(text: str, after: str) -> None:
    assert black_out(text, [EMAIL, PHONE], "LT") == after


def test_signs_of_a_page_hide_no_address() -> None:
    address = "o'neil&co@kava.test"
    assert black_out(f"To {address}.", [address], "LT") == f"To {BLACK}."
    assert black_out("<p>To o&#x27;neil&amp;co@kava.test</p>", [address], "LT") == f"<p>To {BLACK}</p>"


def test_local_numbers_are_read_as_in_the_partners_country() -> None:
    assert black_out("Ring 020 7946 0958", ["+442079460958"], "GB") == f"Ring {BLACK}"
    assert black_out("Ring 020 7946 0958", ["+442079460958"], "LT") == "Ring 020 7946 0958"
    assert (digits_of(PHONE), digits_of("+1")) == ("61234567", "1")


@pytest.fixture
def person(db: None) -> Person:
    return PersonFactory(phone=PHONE, email="")


def erase(person: Person) -> None:
    erase_person(actor=SYSTEM, person=person, reason="asked by mail", at=AT)


def test_erasure_takes_the_addresses_out_of_texts_mails_and_file_names(person: Person) -> None:
    customer = CustomerFactory(person=person, email=EMAIL, phone=PHONE)
    partner = customer.partner
    draft = Draft(text=f"{EMAIL} wants to go. Call 8 612 34567.", subject=f"About {EMAIL}", by_email=True)
    message = send_message(actor=SYSTEM, partner=partner, author=None, from_platform=True, draft=draft, at=AT)
    note = MessageFactory(partner=partner, is_internal=True, thread=message, subject="", text=f"see {PHONE}")
    MessageAttachment.objects.create(
        partner=partner, message=note, file="x", name="+37061234567.pdf", content_type="x", size=1, sha256="x"
    )
    other = MessageFactory(partner=partner, subject="Other", text="jona@kava.test, +37061234568")
    elsewhere = MessageFactory(text=f"{EMAIL} is another customer's here")
    mail = EmailMessage.objects.get()
    assert EMAIL in mail.text
    erase(person)
    message.refresh_from_db()
    assert (message.subject, message.text) == (f"About {BLACK}", f"{BLACK} wants to go. Call {BLACK}.")
    mail.refresh_from_db()
    for text in (mail.subject, mail.text, mail.html):
        assert EMAIL not in text
        assert "8 612 34567" not in text
    assert (mail.status, mail.to) == ("queued", partner.contact_email)
    assert Message.objects.get(pk=note.pk).text == f"see {BLACK}"
    assert MessageAttachment.objects.get().name == f"{BLACK}.pdf"
    assert Message.objects.get(pk=other.pk).text == other.text
    # What another partner was told by somebody who may be somebody else is not this person's.
    assert Message.objects.get(pk=elsewhere.pk).text == elsewhere.text


def test_a_name_with_signs_of_a_pattern_is_taken_as_it_is(person: Person) -> None:
    customer = CustomerFactory(person=person, email="o.n%a_+x@kava.test", phone=PHONE)
    hit = MessageFactory(partner=customer.partner, text="o.n%a_+x@kava.test")
    miss = MessageFactory(partner=customer.partner, text="oXn-a-+x@kava.test")
    erase(person)
    assert [Message.objects.get(pk=one.pk).text for one in (hit, miss)] == [BLACK, "oXn-a-+x@kava.test"]


def test_many_messages_cost_no_more_to_look_through(db: None) -> None:
    partner = PartnerFactory()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert black_out_conversations(partner_id=partner.pk, addresses=[EMAIL, PHONE]) == 0
        return len(queries)

    MessageFactory(partner=partner)
    few = cost()
    for _ in range(20):
        MessageFactory(partner=partner)
    assert cost() == few == 4


def test_who_has_no_address_changes_nothing(db: None) -> None:
    assert black_out_conversations(partner_id=PartnerFactory().pk, addresses=["KANARELE-17"]) == 0


@pytest.mark.django_db(transaction=True)
def test_two_erasures_in_one_text_both_count() -> None:
    partner = PartnerFactory()
    message = MessageFactory(partner=partner, text=f"{EMAIL} and {PHONE}")
    together(
        [
            lambda known=known: in_one_go(black_out_conversations, partner_id=partner.pk, addresses=[known])
            for known in (EMAIL, PHONE)
        ]
    )
    message.refresh_from_db()
    assert message.text == f"{BLACK} and {BLACK}"


def in_one_go(act: Callable[..., int], **values: Any) -> int:
    with transaction.atomic():
        return act(**values)


@pytest.mark.parametrize("text", ["6" * 10_000, "+370 " * 2_000, "612 34567 " * 1_000, "a@" * 5_000, "(" * 10_000])
def test_a_hostile_text_is_read_in_no_time(text: str) -> None:
    begun = perf_counter()
    black_out(text, [EMAIL, PHONE], "LT")
    assert perf_counter() - begun < 2
