"""Work of the cards that no one waits for."""

from celery import shared_task
from django.utils import timezone

from cards.services import qr_cards


@shared_task(name="cards.expire_qr_cards")
def expire_qr_cards() -> None:
    """Tell tills whose QR code is over, and delete those that nobody asks for any more."""
    qr_cards.expire_qr_cards(at=timezone.now())
