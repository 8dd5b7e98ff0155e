"""What moves money for us. `PAYMENTS["PROVIDER"]` names the class; a new provider is one more module here.

A provider is asked outside any transaction, and the same `Order.key` never moves money twice, however often it is sent.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from commissions.errors import PaymentProviderMissing


@dataclass(frozen=True, slots=True)
class Order:
    """One payment that a provider is to make. `counterpart` is what it calls whoever is paid or charged."""

    key: str
    direction: str
    number: str
    counterpart: str
    amount: Decimal
    currency: str
    description: str
    due_on: date


class Outcome(StrEnum):
    """How far a payment is: `odd` needs a person to look at it."""

    PAID = "paid"
    PENDING = "pending"
    REFUSED = "refused"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says of one payment; `reason` for people, where there is something to say."""

    outcome: Outcome
    external_id: str = ""
    reason: str = ""


class PaymentProvider(Protocol):
    """A way for money. Every method raises an UnavailableError where asking again may help."""

    name: str
    # Whether nothing real happens: pages and answers say so.
    is_sandbox: bool

    def send(self, order: Order) -> Answer:
        """Make a payment, or answer how far the one under this key is."""
        ...

    def find(self, order: Order) -> Answer | None:
        """The payment under this key, however long ago it was sent; None: there is none."""
        ...

    def look(self, order: Order, external_id: str) -> Answer:
        """How far a payment is."""
        ...


def has_provider() -> bool:
    """Whether this deployment has one."""
    return bool(settings.PAYMENTS["PROVIDER"])


def get_provider() -> PaymentProvider:
    """The provider of this deployment. Raises PaymentProviderMissing."""
    if not has_provider():
        raise PaymentProviderMissing
    return _provider(settings.PAYMENTS["PROVIDER"])


@lru_cache(maxsize=4)
def _provider(dotted: str) -> PaymentProvider:
    provider: PaymentProvider = import_string(dotted)()
    return provider
