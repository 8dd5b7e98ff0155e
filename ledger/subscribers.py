"""What the ledger does when something happens below it, and what it tells systems outside."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from cards.events import CardIssued
from ledger.choices import EntryKind
from ledger.events import LevelReached, PointsChanged
from ledger.selectors.figures import export, point_figures
from ledger.selectors.partners import has_sales
from ledger.services.enrolment import open_balance
from ledger.services.followers import register_follower
from ledger.services.outside import PointsFollower, announce_level, wants_levels
from loyalty import events
from loyalty.contributions import nothing_to_erase, register_figures, register_subject
from loyalty.services.outbox import offer_event
from partners.selectors.profile import register_sales_check

POINTS = {
    "customer_id": 81,
    "loyalty_card_id": 92,
    "points": 25,
    "kind": "earn",
    "points_balance": 340,
    "transaction_id": 5120,
    "shop_id": 3,
}


def register() -> None:
    """Called once, when the app is ready."""
    events.subscribe(CardIssued, on_card_issued)
    register_follower(PointsFollower())
    _tell_outside()
    register_sales_check(has_sales)
    register_figures("person.statistics", "ledger", defaults={"total_points": 0, "level": None}, read=point_figures)
    register_subject("ledger", erase=nothing_to_erase, export=export)


def _tell_outside() -> None:
    offer_event(
        PointsChanged,
        "points.awarded",
        text=_("Points were earned: by a purchase, a game, a coupon or as a bonus."),
        data=_points_of,
        when=lambda event: event.earned > 0,
        example={**POINTS, "points": 25, "kind": "earn"},
    )
    offer_event(
        PointsChanged,
        "points.redeemed",
        text=_("Points were spent."),
        data=_points_of,
        when=lambda event: event.kind == EntryKind.REDEEM,
        example={**POINTS, "points": 100, "kind": "redeem"},
    )
    offer_event(
        PointsChanged,
        "points.adjusted",
        text=_("Points moved for another reason: a refund, a correction or a transfer. Below zero they were taken."),
        data=lambda event: {**_points_of(event), "points": event.points},
        when=lambda event: event.earned <= 0 and event.kind != EntryKind.REDEEM,
        example={**POINTS, "points": -25, "kind": "take_back"},
    )
    offer_event(
        LevelReached,
        "tier.upgraded",
        text=_("A customer reached a higher level."),
        data=lambda event: {"customer_id": event.customer_id, "from": event.before, "to": event.after},
        example={"customer_id": 81, "from": "Silver", "to": "Gold"},
    )
    events.subscribe(PointsChanged, on_points_changed, only=wants_levels)


def _points_of(event: PointsChanged) -> dict[str, Any]:
    return {
        "customer_id": event.customer_id,
        "loyalty_card_id": event.issued_card_id,
        "points": abs(event.points),
        "kind": event.kind,
        "points_balance": event.balance,
        "transaction_id": event.transaction_id,
        "shop_id": event.shop_id,
    }


def on_points_changed(event: PointsChanged) -> None:
    """Look whether a level was reached, where somebody wants to know."""
    if event.earned > 0 and wants_levels(event.partner_id):
        announce_level(partner_id=event.partner_id, customer_id=event.customer_id, earned=event.earned, at=event.at)


def on_card_issued(event: CardIssued) -> None:
    """A new card gets its balance, and its welcome bonus, in the transaction that issues it."""
    open_balance(issued_card_id=event.issued_card_id, actor=event.actor, at=event.at)
