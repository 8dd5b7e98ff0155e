"""Apps above the ledger that have something to do with a sale itself, in its transaction: coupons used, stamps earned.

A partner's sales are followed where `FollowedPartner` says so or the till names a coupon; all others are recorded by
their one statement, as if nobody could follow. A follower is registered once, when its app is ready.
"""

from datetime import datetime
from typing import Protocol

from ledger.models import Transaction
from ledger.selectors.receipts import SaleReceipt
from ledger.services.reported import Caller, Sale
from loyalty.services.audit import Actor
from partners.models import Partner


class Follower(Protocol):
    """What an app does around a sale; each refusal it raises undoes the sale."""

    def before_sale(self, *, partner: Partner, sale: Sale) -> None:
        """Take the anchor locks that the sale's own would come too early for (decision 7)."""

    def after_sale(self, *, caller: Caller, partner: Partner, sale: Sale, receipt: SaleReceipt, at: datetime) -> None:
        """The sale was recorded just now, not before."""

    def after_attach(self, *, actor: Actor, partner: Partner, sale: Transaction, at: datetime) -> None:
        """A forgotten receipt became its customer's just now: what the sale would have done, had it named the card.

        The anchor of `sale.issued_card` is locked. Every partner's receipts are followed.
        """


_followers: list[Follower] = []


def register_follower(follower: Follower) -> None:
    """Follow all sales that are followed; registering twice has no further effect."""
    if follower not in _followers:
        _followers.append(follower)


def followers() -> tuple[Follower, ...]:
    """In the order in which they registered."""
    return tuple(_followers)
