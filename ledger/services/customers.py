"""Registering customers with the card and bonus that are due to them, and changing what is known of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.choices import CustomerSource
from customers.services.customers import create_customer, update_customer
from ledger.selectors.customers import CustomerDetail, get_customer_detail
from ledger.services.enrolment import issue_default_card
from loyalty.services.audit import Actor
from partners.models import Partner
from partners.selectors.shops import check_shops

Reach = frozenset[int] | None


@transaction.atomic
def register_customer(
    *, actor: Actor, partner: Partner, data: Mapping[str, Any], reach: Reach, at: datetime
) -> CustomerDetail:
    """A new customer, with a card (and its bonus) of the programme that is issued by itself, if there is one.

    The customer joins at `data["shop_id"]`; somebody who works in one shop only need not name it.
    Raises ValidationFailed, ResourceAlreadyExists, ResourceNotFound (shop), StoreAccessDenied.
    """
    shop_id = data.get("shop_id")
    if shop_id is None and reach is not None and len(reach) == 1:
        (shop_id,) = reach
    if shop_id is not None:
        check_shops(partner=partner, shop_ids=[shop_id], reach=reach)
    source = CustomerSource.API if actor.kind == "credential" else CustomerSource.STAFF
    customer = create_customer(actor=actor, partner=partner, data=data, at=at, source=source, shop_id=shop_id)
    issue_default_card(actor=actor, partner=partner, customer=customer, at=at, shop_id=shop_id)
    return get_customer_detail(partner=partner, customer_id=customer.pk, reach=reach, at=at)


@transaction.atomic
def change_customer(
    *, actor: Actor, partner: Partner, customer_id: int, data: Mapping[str, Any], reach: Reach, at: datetime
) -> CustomerDetail:
    """What `customers` knows, changed; answered with what the ledger knows beside it."""
    update_customer(actor=actor, partner=partner, customer_id=customer_id, data=data, at=at)
    return get_customer_detail(partner=partner, customer_id=customer_id, reach=reach, at=at)
