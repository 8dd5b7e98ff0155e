"""Issuing cards, and what becomes of a lost one."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.errors import CardNotIssued, CardNumbersExhausted
from cards.events import CardIssued
from cards.models import Card, IssuedCard, RetiredCardNumber
from cards.rules.numbers import new_number
from cards.selectors.issued_cards import find_issued_card, is_retired_number
from customers.models import Customer
from loyalty import events
from loyalty.errors import ResourceNotFound
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner

TRIES = 10
# What another writer may take between our look and our write; any other broken rule is a fault to be seen.
TAKEN = frozenset({"issued_card_number_unique", "issued_card_once_per_programme"})


class _RetiredNumberError(Exception):
    """The drawn number belonged to a card that was replaced."""


@transaction.atomic
def issue_card(*, actor: Actor, partner: Partner, card: Card, customer: Customer, at: datetime) -> IssuedCard:
    """The customer's card of this programme: a new one, or the one they hold already (even when two ask at once)."""
    if card.partner_id != partner.pk or customer.partner_id != partner.pk:
        raise ResourceNotFound
    held = find_issued_card(partner=partner, card=card, customer=customer)
    if held is not None:
        return held
    if not customer.is_active:
        # Erased or closed, whoever asks: nobody is there to hold a new card.
        raise ResourceNotFound(errors={"user_id": [_("There is no such customer.")]})
    if not card.is_usable:
        raise CardNotIssued
    for _try in range(TRIES):
        issued = IssuedCard(partner=partner, card=card, customer=customer, issued_at=at)
        if _save_under_free_number(issued):
            _announce(issued, actor, at)
            return issued
        held = find_issued_card(partner=partner, card=card, customer=customer)
        if held is not None:
            return held
    raise CardNumbersExhausted(retry_after=1)


@transaction.atomic
def block_card(*, actor: Actor, partner: Partner, issued_card: IssuedCard, reason: str, at: datetime) -> IssuedCard:
    """Stop a card at the till; its points stay. Blocking twice changes nothing."""
    return _set_status(IssuedCardStatus.BLOCKED, "blocked", _lock(partner, issued_card), actor, reason=reason, at=at)


@transaction.atomic
def unblock_card(*, actor: Actor, partner: Partner, issued_card: IssuedCard, reason: str, at: datetime) -> IssuedCard:
    """Let a blocked card work again; unblocking twice changes nothing."""
    return _set_status(IssuedCardStatus.ACTIVE, "unblocked", _lock(partner, issued_card), actor, reason=reason, at=at)


@transaction.atomic
def replace_card(*, actor: Actor, partner: Partner, issued_card: IssuedCard, reason: str, at: datetime) -> IssuedCard:
    """Give a lost card a new number and QR value; balance and history stay, the old number never works again.

    A card that was blocked when it was lost is active afterwards: the customer holds a new one.
    """
    locked = _lock(partner, issued_card)
    before = {"number": locked.number, "status": locked.status}
    RetiredCardNumber.objects.create(
        partner=partner,
        issued_card=locked,
        number=locked.number,
        qr_value=locked.qr_value,
        reason=reason,
        retired_at=at,
    )
    locked.qr_value = uuid.uuid4()
    locked.status = IssuedCardStatus.ACTIVE
    for _try in range(TRIES):
        if _save_under_free_number(locked):
            break
    else:
        raise CardNumbersExhausted(retry_after=1)
    audit.record(
        actor=actor,
        action="issued_card.replaced",
        target=locked,
        partner_id=partner.pk,
        changes=audit.difference(before, {"number": locked.number, "status": locked.status}),
        reason=reason,
        at=at,
    )
    return locked


def _lock(partner: Partner, issued_card: IssuedCard) -> IssuedCard:
    locked = IssuedCard.objects.select_for_update().filter(partner=partner, pk=issued_card.pk).first()
    if locked is None:
        raise ResourceNotFound
    return locked


def _set_status(
    status: IssuedCardStatus, verb: str, locked: IssuedCard, actor: Actor, *, reason: str, at: datetime
) -> IssuedCard:
    if locked.status == status:
        return locked
    before, locked.status = locked.status, status
    locked.save(update_fields=["status", "updated_at"])
    audit.record(
        actor=actor,
        action=f"issued_card.{verb}",
        target=locked,
        partner_id=locked.partner_id,
        changes={"status": (before, status.value)},
        reason=reason,
        at=at,
    )
    return locked


def _save_under_free_number(issued_card: IssuedCard) -> bool:
    """Draw a number and save; False when the number, or the customer's place in the programme, was just taken."""
    issued_card.number = new_number()
    try:
        with transaction.atomic():
            issued_card.save()
            # After the write: whoever gave this number up in the meantime has committed, so its retirement is visible.
            if is_retired_number(partner=issued_card.partner, number=issued_card.number):
                raise _RetiredNumberError
    except _RetiredNumberError:
        pass
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) not in TAKEN:
            raise
    else:
        return True
    return False


def _announce(issued: IssuedCard, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        action="issued_card.issued",
        target=issued,
        partner_id=issued.partner_id,
        changes={
            "number": (None, issued.number),
            "card": (None, issued.card_id),
            "customer": (None, issued.customer_id),
        },
        at=at,
    )
    events.publish(
        CardIssued(
            partner_id=issued.partner_id,
            card_id=issued.card_id,
            customer_id=issued.customer_id,
            issued_card_id=issued.pk,
            actor=actor,
            at=at,
        )
    )
