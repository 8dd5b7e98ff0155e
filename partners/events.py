"""What other apps hear of partners."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PartnerCreated:
    """A partner was made by the platform, in the state `status`."""

    partner_id: int
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PartnerStatusChanged:
    """A partner went from one state to another; `reason` is what it is told, and `notify` whether it is told at all."""

    partner_id: int
    before: str
    after: str
    reason: str
    notify: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class StaffInvited:
    """Somebody was put on a partner's staff; `is_new` where they have no password yet."""

    partner_id: int
    staff_id: int
    is_new: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class PaperReviewed:
    """The platform looked at a paper: `state` is `verified` or `failed`, the latter with a `reason`."""

    partner_id: int
    paper_id: int
    kind: str
    state: str
    reason: str
    at: datetime
