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
