"""What others may want to know of commission."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PeriodLocked:
    """A month of a partner was closed; its total stands until it is unlocked."""

    partner_id: int
    period_id: int
    month: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StatementIssued:
    """A statement got its number: the partner may see it, and what it asks for is due."""

    partner_id: int
    statement_id: int
    month: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StatementSettled:
    """What a statement asked for was paid, or it asked for nothing."""

    partner_id: int
    statement_id: int
    month: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PayoutChanged:
    """A payout or an invoice is issued, paid or failed."""

    partner_id: int
    payout_id: int
    status: str
    at: datetime
