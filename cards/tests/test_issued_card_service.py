"""Issuing, blocking and replacing cards."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from cards.choices import IssuedCardStatus
from cards.errors import CardNotIssued, CardNumbersExhausted
from cards.events import CardIssued
from cards.models import IssuedCard, RetiredCardNumber
from cards.services import issued_cards
from cards.tests.factories import CardFactory, IssuedCardFactory
from customers.tests.factories import CustomerFactory
from loyalty import events
from loyalty.errors import ResourceNotFound
from loyalty.models import AuditEvent
from loyalty.services.audit import Actor
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
ADMIN = Actor("admin", 7)


def _audit() -> list[tuple]:
    return list(
        AuditEvent.objects.order_by("id").values_list(
            "action", "actor_kind", "actor_id", "partner_id", "target_type", "target_id", "changes", "reason"
        )
    )


@pytest.mark.django_db
def test_a_customer_gets_a_card_with_a_number_once_and_everybody_above_hears_of_it() -> None:
    card = CardFactory()
    customer = CustomerFactory(partner=card.partner)
    heard: list[CardIssued] = []
    events.subscribe(CardIssued, heard.append)
    try:
        issued = issued_cards.issue_card(actor=ADMIN, partner=card.partner, card=card, customer=customer, at=AT)
        again = issued_cards.issue_card(actor=ADMIN, partner=card.partner, card=card, customer=customer, at=AT)
    finally:
        events._subscribers[CardIssued].remove(heard.append)
    assert again == issued
    assert (issued.status, issued.issued_at, issued.number) == ("active", AT, again.number)
    assert [event.issued_card_id for event in heard] == [issued.pk]
    changes = {"number": [None, issued.number], "card": [None, card.pk], "customer": [None, customer.pk]}
    assert _audit() == [
        ("issued_card.issued", "admin", 7, card.partner_id, "cards.issuedcard", str(issued.pk), changes, "")
    ]


@pytest.mark.django_db
def test_somebody_who_was_erased_or_closed_gets_no_new_card_and_keeps_the_one_there_is() -> None:
    card, second = CardFactory(), CardFactory()
    customer = CustomerFactory(partner=card.partner, is_active=False)
    with pytest.raises(ResourceNotFound):
        issued_cards.issue_card(actor=ADMIN, partner=card.partner, card=card, customer=customer, at=AT)
    assert not IssuedCard.objects.exists()
    held = IssuedCardFactory(card=second, partner=second.partner, customer__is_active=False)
    again = issued_cards.issue_card(actor=ADMIN, partner=second.partner, card=second, customer=held.customer, at=AT)
    assert again == held


@pytest.mark.django_db
def test_a_stopped_programme_issues_no_cards_but_knows_those_it_issued() -> None:
    held = IssuedCardFactory(card__is_active=False)
    other = CustomerFactory(partner=held.partner)
    arguments = {"actor": ADMIN, "partner": held.partner, "card": held.card, "at": AT}
    assert issued_cards.issue_card(customer=held.customer, **arguments) == held
    with pytest.raises(CardNotIssued):
        issued_cards.issue_card(customer=other, **arguments)
    assert IssuedCard.objects.count() == 1


@pytest.mark.django_db
def test_another_partners_customer_or_card_is_as_good_as_absent() -> None:
    card, stranger = CardFactory(), CustomerFactory()
    for partner in (card.partner, stranger.partner, PartnerFactory()):
        with pytest.raises(ResourceNotFound):
            issued_cards.issue_card(actor=ADMIN, partner=partner, card=card, customer=stranger, at=AT)
    assert not IssuedCard.objects.exists()


@pytest.mark.django_db
def test_a_number_in_use_or_retired_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    held = IssuedCardFactory(number="111-111-111")
    RetiredCardNumber.objects.create(
        partner=held.partner, issued_card=held, number="222-222-222", qr_value=held.qr_value, reason="", retired_at=AT
    )
    draws = iter(["111-111-111", "222-222-222", "333-333-333"])
    monkeypatch.setattr(issued_cards, "new_number", lambda: next(draws))
    customer = CustomerFactory(partner=held.partner)
    issued = issued_cards.issue_card(actor=ADMIN, partner=held.partner, card=held.card, customer=customer, at=AT)
    assert issued.number == "333-333-333"


@pytest.mark.django_db
def test_a_full_number_range_is_said_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    held = IssuedCardFactory(number="111-111-111")
    monkeypatch.setattr(issued_cards, "new_number", lambda: "111-111-111")
    customer = CustomerFactory(partner=held.partner)
    with pytest.raises(CardNumbersExhausted):
        issued_cards.issue_card(actor=ADMIN, partner=held.partner, card=held.card, customer=customer, at=AT)
    assert IssuedCard.objects.get() == held
    assert _audit() == []


@pytest.mark.django_db
def test_a_card_is_blocked_and_unblocked_with_a_reason_and_twice_is_once() -> None:
    card = IssuedCardFactory()
    arguments = {"actor": ADMIN, "partner": card.partner, "issued_card": card, "at": AT}
    for _ in range(2):
        assert issued_cards.block_card(reason="lost", **arguments).status == IssuedCardStatus.BLOCKED
    for _ in range(2):
        assert issued_cards.unblock_card(reason="found", **arguments).status == IssuedCardStatus.ACTIVE
    assert [(row[0], row[6], row[7]) for row in _audit()] == [
        ("issued_card.blocked", {"status": ["active", "blocked"]}, "lost"),
        ("issued_card.unblocked", {"status": ["blocked", "active"]}, "found"),
    ]


@pytest.mark.django_db
def test_a_replaced_card_keeps_its_row_and_its_old_number_is_retired() -> None:
    card = IssuedCardFactory(number="111-111-111", status=IssuedCardStatus.BLOCKED)
    replaced = issued_cards.replace_card(
        actor=ADMIN, partner=card.partner, issued_card=card, reason="lost in a tram", at=AT
    )
    assert replaced.pk == card.pk
    assert replaced.number != "111-111-111"
    assert replaced.qr_value != card.qr_value
    assert replaced.status == IssuedCardStatus.ACTIVE
    retired = RetiredCardNumber.objects.get()
    assert (retired.number, retired.qr_value, retired.issued_card_id, retired.reason, retired.retired_at) == (
        "111-111-111",
        card.qr_value,
        card.pk,
        "lost in a tram",
        AT,
    )
    assert [(row[0], row[6], row[7]) for row in _audit()] == [
        (
            "issued_card.replaced",
            {"number": ["111-111-111", replaced.number], "status": ["blocked", "active"]},
            "lost in a tram",
        )
    ]


@pytest.mark.django_db
def test_another_partners_card_cannot_be_blocked_or_replaced() -> None:
    card, stranger = IssuedCardFactory(), PartnerFactory()
    for service in (issued_cards.block_card, issued_cards.unblock_card, issued_cards.replace_card):
        with pytest.raises(ResourceNotFound):
            service(actor=ADMIN, partner=stranger, issued_card=card, reason="no", at=AT)
    card.refresh_from_db()
    assert card.status == IssuedCardStatus.ACTIVE
    assert _audit() == []


@pytest.mark.django_db(transaction=True)
def test_eight_tills_at_once_issue_one_card() -> None:
    card = CardFactory()
    customer = CustomerFactory(partner=card.partner)
    barrier, numbers = threading.Barrier(8), []

    def issue() -> None:
        try:
            barrier.wait()
            issued = issued_cards.issue_card(actor=ADMIN, partner=card.partner, card=card, customer=customer, at=AT)
            numbers.append(issued.number)
        finally:
            connection.close()

    threads = [threading.Thread(target=issue) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == [IssuedCard.objects.get().number] * 8
    assert AuditEvent.objects.filter(action="issued_card.issued").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_number_that_is_being_given_up_is_not_issued_to_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draw waits for the replacement to commit and then finds the number retired."""
    lost = IssuedCardFactory(number="111-111-111")
    card = CardFactory(partner=lost.partner)
    customer = CustomerFactory(partner=lost.partner)
    draws = iter(["444-444-444", "111-111-111", "555-555-555"])
    monkeypatch.setattr(issued_cards, "new_number", lambda: next(draws))
    held_back, issued = threading.Event(), []
    record = issued_cards.audit.record

    def slow_record(**arguments: object) -> object:
        if arguments["action"] == "issued_card.replaced":
            held_back.set()
            threading.Event().wait(0.5)
        return record(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(issued_cards.audit, "record", slow_record)

    def issue() -> None:
        try:
            held_back.wait(60)
            issued.append(
                issued_cards.issue_card(actor=ADMIN, partner=lost.partner, card=card, customer=customer, at=AT)
            )
        finally:
            connection.close()

    thread = threading.Thread(target=issue)
    thread.start()
    issued_cards.replace_card(actor=ADMIN, partner=lost.partner, issued_card=lost, reason="lost", at=AT)
    thread.join()
    assert issued[0].number == "555-555-555"
