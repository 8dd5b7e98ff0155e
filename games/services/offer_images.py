"""The picture of an offer."""

from datetime import datetime

from cards.selectors.cards import address_of_file
from games.services.game_looks import store_picture
from games.services.games import Reach
from loyalty.files.images import Picture
from loyalty.services.audit import Actor
from partners.models import Offer, Partner
from partners.selectors.offers import get_offer
from partners.services.offers import update_offer


def set_offer_image(
    *, actor: Actor, partner: Partner, offer_id: int, picture: Picture, reach: Reach, at: datetime
) -> Offer:
    """Keep a picture and make its address the offer's. Raises ResourceNotFound, StoreAccessDenied."""
    get_offer(partner=partner, offer_id=offer_id)
    # Written before the row is locked; it is named by its content, so a repeat writes nothing.
    address = address_of_file(store_picture(partner, picture, folder="offers"))
    data = {"image_url": address}
    return update_offer(actor=actor, partner=partner, offer_id=offer_id, data=data, reach=reach, at=at)
