"""A customer's app has scanned the QR code of a till: the till is told whose card it is."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from cards.choices import QrCardStatus
from cards.errors import CardNotIssued, QrCardUsed
from cards.models import QrCardSession
from cards.selectors.qr_cards import find_by_pairing
from cards.services.qr_cards import tell
from customers.errors import QrSessionNotFound, UserBlocked
from customers.models import Person
from customers.services.links import customer_of_person
from ledger.selectors.issued_cards import CardView, find_card_view
from ledger.selectors.qr_cards import card_data
from ledger.selectors.sale import CustomerReference
from ledger.services.enrolment import issue_default_card
from loyalty.errors import InvalidToken, ResourceExpired
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.errors import PartnerNotActive


@dataclass(frozen=True, slots=True)
class ScannedCard:
    """The session and the card that was shown by it."""

    session: QrCardSession
    view: CardView


@transaction.atomic
def scan_qr_card(*, person: Person, pairing_id: uuid.UUID, at: datetime) -> ScannedCard:
    """Show the person's card of the till's partner: the one a sale would use, or a new one of its default programme.

    Somebody new to the partner becomes its customer. The same person scanning again changes nothing. Locks the person,
    then the session. Raises QrSessionNotFound, ResourceExpired, QrCardUsed; PartnerNotActive; UserBlocked where the
    partner has closed this customer's account; CardNotIssued where it has no programme to issue a card of.
    """
    session = _lock(person, pairing_id, at)
    if session.status == QrCardStatus.COMPLETED:
        if session.person_id != person.pk:
            raise QrCardUsed
        return ScannedCard(session, _view_of(session, at))
    if session.status_at(at) == QrCardStatus.EXPIRED:
        raise ResourceExpired
    if not session.partner.is_active:
        raise PartnerNotActive
    view = _card_of(person, session, at)
    session.status, session.person, session.issued_card, session.scanned_at = (
        *(QrCardStatus.COMPLETED, person, view.issued, at),
    )
    session.save(update_fields=["status", "person", "issued_card", "scanned_at"])
    _record(session, at)
    _identify(session, view)
    return ScannedCard(session, view)


def _lock(person: Person, pairing_id: uuid.UUID, at: datetime) -> QrCardSession:
    held = Person.objects.select_for_update(no_key=True).filter(pk=person.pk, is_active=True).first()
    if held is None or held.token_version != person.token_version:
        raise InvalidToken
    rows = find_by_pairing(pairing_id, at=at).select_for_update(of=("self",))
    session = rows.select_related("partner", "shop").first()
    if session is None:
        raise QrSessionNotFound
    return session


def _card_of(person: Person, session: QrCardSession, at: datetime) -> CardView:
    partner = session.partner
    customer = customer_of_person(person=person, partner=partner, shop_id=session.shop_id, at=at)
    if not customer.is_active:
        raise UserBlocked
    who = CustomerReference(customer_id=customer.pk)
    held = find_card_view(partner=partner, who=who, at=at)
    if held is not None:
        return held
    actor = Actor("customer", customer.pk)
    if issue_default_card(actor=actor, partner=partner, customer=customer, shop_id=session.shop_id, at=at) is None:
        raise CardNotIssued
    issued = find_card_view(partner=partner, who=who, at=at)
    assert issued is not None, "it was issued in this transaction"
    return issued


def _view_of(session: QrCardSession, at: datetime) -> CardView:
    who = CustomerReference(issued_card_id=session.issued_card_id)
    view = find_card_view(partner=session.partner, who=who, at=at)
    assert view is not None, "the session's card is its partner's"
    return view


def _identify(session: QrCardSession, view: CardView) -> None:
    """The realtime event says `authenticated` where a poll says `completed` (contract 16.6)."""
    data: dict[str, Any] = card_data(view, scanned_at=session.scanned_at)
    tell(session, "card_identified", "authenticated", card_data=data, timestamp=session.scanned_at)


def _record(session: QrCardSession, at: datetime) -> None:
    assert session.issued_card is not None
    audit.record(
        actor=Actor("customer", session.issued_card.customer_id),
        action="qr_card.scanned",
        target=session,
        partner_id=session.partner_id,
        changes={"issued_card": (None, session.issued_card_id)},
        at=at,
    )
