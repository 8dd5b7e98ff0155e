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
