"""Ending the cards of somebody who wants to be forgotten."""

from datetime import datetime
from typing import Any

from cards.choices import IssuedCardStatus
from cards.models import IssuedCard, QrCardSession
from loyalty.contributions import Subject
from loyalty.services.audit import Actor


def erase(subject: Subject, *, actor: Actor, at: datetime) -> int:
    """Block every card of the subject, so that nobody finds and uses one; its number says nothing of anybody.

    That they showed it by a QR code, which is kept for an hour, is forgotten now.
    """
    QrCardSession.objects.filter(issued_card__customer_id__in=subject.all_customer_ids).delete()
    cards = IssuedCard.objects.filter(customer_id__in=subject.all_customer_ids)
    # In the order of pk, as everybody locks them.
    list(cards.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return cards.exclude(status=IssuedCardStatus.BLOCKED).update(status=IssuedCardStatus.BLOCKED, updated_at=at)


def export(subject: Subject) -> dict[str, Any]:
    """The cards that the subject holds."""
    rows = IssuedCard.objects.filter(customer_id__in=subject.all_customer_ids).order_by("pk")
    fields = ("id", "partner_id", "customer_id", "card_id", "number", "qr_value", "status", "issued_at")
    shown = QrCardSession.objects.filter(issued_card__in=rows).order_by("pk")
    places = shown.values("partner_id", "shop_id", "issued_card_id", "device_name", "scanned_at")
    return {"issued_cards": list(rows.values(*fields)), "cards_shown_by_qr_code": list(places)}
