"""What a sale says of points, where somebody outside listens.

A sale's points are moved by its database function, not by `post_points`. Whoever listens to them makes the partner a
followed one (`ledger/sql/heard_partners.sql`), so that the sales of all others stay one statement.
"""

from datetime import datetime

from django.db.models import Sum

from customers.rules.levels import level_of
from ledger.choices import EntryKind
from ledger.events import LevelReached, PointsChanged
from ledger.models import PointsBalance, Transaction
from ledger.selectors.receipts import SaleReceipt
from ledger.services.reported import Caller, Sale
from loyalty import events
from loyalty.services.audit import Actor
from loyalty.services.outbox import is_listened_to
from partners.models import Partner

LEVELS = "tier.upgraded"


class PointsFollower:
    """Registered once; publishes what a followed sale did to points."""

    def before_sale(self, *, partner: Partner, sale: Sale) -> None:
        """Nothing is locked for it."""

    def after_sale(self, *, caller: Caller, partner: Partner, sale: Sale, receipt: SaleReceipt, at: datetime) -> None:
        """In the sale's transaction: spent first, as the sale does it."""
        if receipt.loyalty_card_id is None or receipt.user_id is None:
            return
        for kind, points in (
            (EntryKind.REDEEM, -(receipt.points_redeemed or 0)),
            (EntryKind.EARN, receipt.points_awarded or 0),
        ):
            if points:
                events.publish(
                    PointsChanged(
                        partner_id=partner.pk,
                        customer_id=receipt.user_id,
                        issued_card_id=receipt.loyalty_card_id,
                        kind=kind,
                        points=points,
                        balance=receipt.points_balance,
                        earned=max(points, 0),
                        transaction_id=receipt.transaction_id,
                        shop_id=sale.shop_id,
                        at=at,
                    )
                )

    def after_attach(self, *, actor: Actor, partner: Partner, sale: Transaction, at: datetime) -> None:
        """Its points were posted like any others."""


def wants_levels(partner_id: int) -> bool:
    """Whether somebody wants to hear of levels: only then they are looked at."""
    return is_listened_to(partner_id, LEVELS)


def announce_level(*, partner_id: int, customer_id: int, earned: int, at: datetime) -> None:
    """Publish LevelReached if what was `earned` just now, on any card of the customer, reached one."""
    ever = PointsBalance.objects.filter(customer_id=customer_id).aggregate(points=Sum("earned"))["points"] or 0
    levels = Partner.objects.values_list("levels", flat=True).get(pk=partner_id)
    before, after = level_of(levels, ever - earned), level_of(levels, ever)
    if after is not None and after != before:
        events.publish(LevelReached(partner_id, customer_id, before, after, at))
