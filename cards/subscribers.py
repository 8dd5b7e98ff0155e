"""What cards tell systems outside."""

from django.utils.translation import gettext_lazy as _

from cards.events import CardCreated, CardIssued
from loyalty.services.outbox import offer_event


def register() -> None:
    """Called once, when the app is ready. On the wire a card is the programme, a loyalty card what a customer holds."""
    offer_event(
        CardCreated,
        "card.created",
        text=_("A card programme was made."),
        data=lambda event: {"card_id": event.card_id},
        example={"card_id": 5},
    )
    offer_event(
        CardIssued,
        "loyalty_card.created",
        text=_("A customer got a card of a programme."),
        data=lambda event: {
            "loyalty_card_id": event.issued_card_id,
            "card_id": event.card_id,
            "customer_id": event.customer_id,
        },
        example={"loyalty_card_id": 92, "card_id": 5, "customer_id": 81},
    )
