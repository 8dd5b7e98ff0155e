"""Reading card programmes."""

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from cards.models import Card, CardShop
from cards.rules.design import PICTURES
from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from partners.models import Partner, Shop


def cards_of(partner: Partner) -> QuerySet[Card]:
    """The programmes of a partner that are not deleted."""
    return Card.objects.filter(partner=partner, deleted_at=None)


def valid_in_shop(cards: QuerySet[Card], shop_id: int) -> QuerySet[Card]:
    """Those that a shop takes: cards of that shop, and cards that are valid everywhere."""
    places = CardShop.objects.filter(card=OuterRef("pk"))
    return cards.filter(Q(~Exists(places)) | Exists(places.filter(shop_id=shop_id)))


def list_cards(*, partner: Partner, filtered: QuerySet[Card], page: Page) -> tuple[list[Card], int]:
    """One page of programmes with their shops, newest first, and how many there are."""
    rows = filtered.filter(partner=partner)
    shown = rows.prefetch_related(_with_shop_ids()).order_by("-pk")[page.offset : page.offset + page.size]
    return list(shown), rows.count()


def get_card(*, partner: Partner, card_id: int) -> Card:
    """One programme. Raises ResourceNotFound, for another partner's and for a deleted one too."""
    card = cards_of(partner).prefetch_related(_with_shop_ids()).filter(pk=card_id).first()
    if card is None:
        raise ResourceNotFound
    return card


def list_names(partner: Partner) -> dict[int, str]:
    """The names of a partner's programmes by id, the oldest first."""
    return {card.pk: str(card) for card in cards_of(partner).order_by("pk")}


def shown_design(card: Card) -> dict[str, Any]:
    """A card's design with the addresses of its pictures in place of their files."""
    shown = {key: value for key, value in card.card_design.items() if key not in PICTURES}
    for key in PICTURES:
        name = card.card_design.get(key)
        shown[f"{key}_url"] = address_of_file(name) if name else None
    return shown


def address_of_file(name: str) -> str:
    """Where a browser finds a stored file."""
    url = default_storage.url(name)
    return f"{settings.BASE_URL}{url}" if url.startswith("/") else url


def _with_shop_ids() -> Prefetch:
    return Prefetch("shops", Shop.objects.only("pk").order_by("pk"))
