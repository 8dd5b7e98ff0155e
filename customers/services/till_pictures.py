"""Putting a QR code on a till's screen, whatever it is for."""

from datetime import datetime, timedelta
from typing import TypedDict, TypeVar, Unpack

from django.db import transaction

from customers.models.till_picture import TillPicture
from partners.models import ApiCredential, Partner
from partners.selectors.shops import check_shops

LIFETIME = timedelta(minutes=5)
Picture = TypeVar("Picture", bound=TillPicture)


class TillAsks(TypedDict):
    """Whose till wants a picture, where it stands and what it calls itself; `reach` are the shops of its key."""

    partner: Partner
    credential: ApiCredential
    shop_id: int | None
    reach: frozenset[int] | None
    device_name: str


@transaction.atomic
def open_picture(*, kind: type[Picture], at: datetime, **till: Unpack[TillAsks]) -> Picture:
    """A new picture for a till. Raises ResourceNotFound or StoreAccessDenied for the shop.

    A till that is limited to one shop shows that shop's.
    """
    shop_id, reach = till["shop_id"], till["reach"]
    if shop_id is not None:
        check_shops(partner=till["partner"], shop_ids=[shop_id], reach=reach)
    elif reach is not None and len(reach) == 1:
        (shop_id,) = reach
    return kind._default_manager.create(
        partner=till["partner"],
        credential=till["credential"],
        shop_id=shop_id,
        device_name=till["device_name"],
        created_at=at,
        expires_at=at + LIFETIME,
    )
