"""What cards add to the figures of those who hold them."""

from collections.abc import Sequence
from datetime import datetime

from cards.choices import IssuedCardStatus
from cards.models import Card, IssuedCard
from customers.models import Customer
from partners.models import Partner


def card_figures(*, customers: Sequence[Customer], at: datetime) -> dict[str, int]:
    """How many cards these customers hold that can be used."""
    held = IssuedCard.objects.filter(customer__in=customers, status=IssuedCardStatus.ACTIVE)
    return {"total_cards": held.count()}


def brand_figures(*, partner: Partner) -> dict[str, str]:
    """The color of the partner's first card programme in use (`#rrggbb`), which is that of its brand."""
    designs = Card.objects.filter(partner=partner, is_active=True, deleted_at=None).order_by("pk")
    design = designs.values_list("card_design", flat=True).first() or {}
    return {"color": str(design.get("background_color", ""))}
