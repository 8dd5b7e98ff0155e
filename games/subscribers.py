"""What games do when something happens below them, and what they tell systems outside."""

from django.utils.translation import gettext_lazy as _

from games.events import CouponIssued, CouponRedeemed, GameCompleted, OfferClaimed
from games.services.sale_follower import GamesFollower
from games.services.undoing import undo_stamps_of_purchase
from ledger.events import PurchaseUndone
from ledger.services.followers import register_follower
from loyalty import events
from loyalty.services.outbox import offer_event
from partners.models import Partner

_follower = GamesFollower()


def register() -> None:
    """Called once, when the app is ready."""
    register_follower(_follower)
    events.subscribe(PurchaseUndone, on_purchase_undone)
    _tell_outside()


def on_purchase_undone(event: PurchaseUndone) -> None:
    """Stamps and coupons go with the purchase that earned them."""
    undo_stamps_of_purchase(
        partner=Partner.objects.get(pk=event.partner_id),
        purchase_id=event.purchase_id,
        reversal_id=event.reversal_id,
        shop_id=event.shop_id,
        actor=event.actor,
        at=event.at,
    )


def _tell_outside() -> None:
    offer_event(
        OfferClaimed,
        "offer.claimed",
        text=_("A customer claimed an offer and got its coupon."),
        data=lambda event: {
            "offer_id": event.offer_id,
            "customer_id": event.customer_id,
            "coupon_id": event.coupon_id,
            "points": event.points_spent,
        },
        example={"offer_id": 12, "customer_id": 81, "coupon_id": 407, "points": 300},
    )
    offer_event(
        CouponIssued,
        "coupon.issued",
        text=_("A customer got a coupon, won or claimed; printed batches are left out."),
        data=lambda event: {"coupon_id": event.coupon_id, "customer_id": event.customer_id},
        example={"coupon_id": 407, "customer_id": 81},
    )
    offer_event(
        CouponRedeemed,
        "coupon.redeemed",
        text=_("A coupon was used."),
        data=lambda event: {
            "coupon_id": event.coupon_id,
            "customer_id": event.customer_id,
            "transaction_id": event.transaction_id,
        },
        example={"coupon_id": 407, "customer_id": 81, "transaction_id": 5120},
    )
    offer_event(
        GameCompleted,
        "game.completed",
        text=_("A customer finished a game or filled a stamp card."),
        data=lambda event: {
            "game_id": event.game_id,
            "customer_id": event.customer_id,
            "loyalty_card_id": event.issued_card_id,
            "coupon_id": event.coupon_id,
        },
        example={"game_id": 9, "customer_id": 81, "loyalty_card_id": 92, "coupon_id": 407},
    )
