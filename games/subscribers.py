"""What games do when something happens below them."""

from games.services.sale_follower import GamesFollower
from games.services.undoing import undo_stamps_of_purchase
from ledger.events import PurchaseUndone
from ledger.services.followers import register_follower
from loyalty import events
from partners.models import Partner

_follower = GamesFollower()


def register() -> None:
    """Called once, when the app is ready."""
    register_follower(_follower)
    events.subscribe(PurchaseUndone, on_purchase_undone)


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
