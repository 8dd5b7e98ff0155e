"""Facts that customers tell to those above."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.services.audit import Actor


@dataclass(frozen=True, slots=True)
class CustomerRegistered:
    """A partner has just come to know a customer."""

    partner_id: int
    customer_id: int
    shop_id: int | None
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerErased:
    """What a partner knew of a customer is gone; the id stays, and leads to nobody."""

    partner_id: int
    customer_id: int
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerUpdated:
    """What a partner knows of a customer has changed; `fields` are the names of what did."""

    partner_id: int
    customer_id: int
    fields: tuple[str, ...]
    actor: Actor
    at: datetime
