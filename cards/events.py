"""Facts that cards tell to those above."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.services.audit import Actor


@dataclass(frozen=True, slots=True)
class CardIssued:
    """A customer has just got a card of a programme; its balance and bonus are for the ledger to open."""

    partner_id: int
    card_id: int
    customer_id: int
    issued_card_id: int
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class CardCreated:
    """A partner has a new card programme."""

    partner_id: int
    card_id: int
    actor: Actor
    at: datetime
