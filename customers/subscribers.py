"""What customers tell systems outside."""

from django.utils.translation import gettext_lazy as _

from customers.events import CustomerErased, CustomerRegistered, CustomerUpdated
from loyalty.services.outbox import offer_event


def register() -> None:
    """Called once, when the app is ready."""
    offer_event(
        CustomerRegistered,
        "customer.registered",
        text=_("A customer was registered, by whomever and wherever; whole histories that are imported are left out."),
        data=lambda event: {"customer_id": event.customer_id, "shop_id": event.shop_id},
        example={"customer_id": 81, "shop_id": 3},
    )
    offer_event(
        CustomerUpdated,
        "customer.updated",
        text=_("What you know of a customer has changed: the names of the fields, never their values."),
        data=lambda event: {"customer_id": event.customer_id, "fields": sorted(event.fields)},
        example={"customer_id": 81, "fields": ["email", "name"]},
    )
    offer_event(
        CustomerErased,
        "customer.erased",
        text=_("A customer was erased. Forget in your own systems what you know of this id."),
        data=lambda event: {"customer_id": event.customer_id},
        example={"customer_id": 81},
    )
