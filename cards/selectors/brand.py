"""The color that a partner's customers know it by."""

from typing import Any

from cards.models import Card
from cards.rules.design import six_digits
from partners.models import Partner


def brand_figures(*, partner: Partner) -> dict[str, Any]:
    """The background of the card that new customers get, else of the partner's first card in use (#rrggbb)."""
    cards = Card.objects.filter(partner=partner, is_active=True, deleted_at=None)
    designs = cards.order_by("-auto_assign", "pk").values_list("card_design", flat=True)
    colors = (six_digits(str(design.get("background_color", ""))) for design in designs[:20])
    return {"color": next((color for color in colors if color), "")}
