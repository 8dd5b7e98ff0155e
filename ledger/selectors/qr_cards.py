"""What a till is told of a card that was shown to it (contract 5.3: the union of what all clients read)."""

from datetime import datetime
from typing import Any

from cards.models import Card, QrCardSession
from ledger.selectors.issued_cards import CardView, find_card_view
from ledger.selectors.sale import CustomerReference


def card_data(view: CardView, *, scanned_at: datetime | None) -> dict[str, Any]:
    """A card with its points, its holder as the partner knows them, and the programme's rules."""
    issued, customer, programme = view.issued, view.issued.customer, view.issued.card
    return {
        "id": issued.pk,
        "loyalty_card_id": issued.pk,
        "partner_card_id": issued.card_id,
        "card_number": issued.number,
        "card_name": programme.title,
        "points": view.points.points,
        "points_balance": view.points.points,
        "points_debt": view.points.debt,
        "status": issued.status,
        "user_id": customer.pk,
        "user": {"id": customer.pk, "name": customer.name, "email": customer.email, "phone": customer.phone},
        "partner": {"id": issued.partner_id, "name": issued.partner.name, "logo": issued.partner.logo_url or None},
        "redemption": redemption_of(programme),
        "points_rules": earning_of(programme),
        "scanned_at": scanned_at,
        "created_at": issued.issued_at,
        "updated_at": issued.updated_at,
    }


def identified_card(*, session: QrCardSession, at: datetime) -> dict[str, Any] | None:
    """The card that was shown by `session`, with what it holds now; None until one was."""
    if session.issued_card_id is None:
        return None
    who = CustomerReference(issued_card_id=session.issued_card_id)
    view = find_card_view(partner=session.partner, who=who, at=at)
    return None if view is None else card_data(view, scanned_at=session.scanned_at)


def redemption_of(card: Card) -> dict[str, Any]:
    """A programme's spending rules under the names that tills read."""
    return {
        "enabled": card.points_redemption_enabled,
        "points_per_currency": card.points_per_currency_redemption,
        "currency_amount": card.currency_amount_redemption,
        "min_points": card.min_points_for_redemption,
        "max_points": card.max_points_per_redemption,
    }


def earning_of(card: Card) -> dict[str, Any]:
    """A programme's earning rules."""
    names = (
        *("points_enabled", "points_per_currency", "currency_amount", "round_points_up"),
        *("min_points_per_purchase", "max_points_per_purchase", "points_per_visit", "points_redemption_enabled"),
    )
    return {name: getattr(card, name) for name in names}
