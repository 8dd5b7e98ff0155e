"""What cards add to the figures of those who hold them."""

from collections.abc import Sequence
from datetime import datetime

from cards.choices import IssuedCardStatus
from cards.models import IssuedCard
from customers.models import Customer


def card_figures(*, customers: Sequence[Customer], at: datetime) -> dict[str, int]:
    """How many cards these customers hold that can be used."""
    held = IssuedCard.objects.filter(customer__in=customers, status=IssuedCardStatus.ACTIVE)
    return {"total_cards": held.count()}
