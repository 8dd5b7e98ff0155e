"""Facts of the ledger that others may act on."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.services.audit import Actor


@dataclass(frozen=True, slots=True)
class PurchaseUndone:
    """A purchase was undone in full, by its last refund or a cancellation; its card's anchor is locked."""

    partner_id: int
    purchase_id: int
    reversal_id: int
    issued_card_id: int | None
    shop_id: int | None
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class PointsChanged:
    """Points came to a card or went. Published for every posting, and by sales of partners who are followed (ADR 20):
    the sales of others tell nobody. Points that expire, and whole histories, are told to nobody either.
    """

    partner_id: int
    customer_id: int
    issued_card_id: int
    kind: str
    points: int
    balance: int
    earned: int
    transaction_id: int | None
    shop_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LevelReached:
    """What a customer ever earned has reached a higher level of the partner's."""

    partner_id: int
    customer_id: int
    before: str | None
    after: str
    at: datetime
