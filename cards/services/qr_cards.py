"""A till asks a customer to show the own card by QR code: `pending → completed`, or expired after five minutes.

What happens when the app scans it is the ledger's (ledger.services.qr_cards), because a new card carries points.
"""

from datetime import datetime
from typing import Any, Unpack

from django.db import transaction

from cards.choices import QrCardStatus
from cards.models import QrCardSession
from cards.selectors.qr_cards import KEPT, list_overdue_across_partners
from customers.services.till_pictures import TillAsks, open_picture
from loyalty.realtime.publish import publish_after_commit


def open_qr_card(*, at: datetime, **till: Unpack[TillAsks]) -> QrCardSession:
    """A new picture for a till. Raises ResourceNotFound or StoreAccessDenied for the shop."""
    return open_picture(kind=QrCardSession, at=at, **till)


def tell(session: QrCardSession, event: str, status: str, **more: Any) -> None:
    """Tell the till, once this is committed."""
    state = {"session_id": str(session.session_id), "status": status, "expires_at": session.expires_at, **more}
    publish_after_commit(f"qr-card.{session.session_id}", event, state, keep_seconds=300)


def expire_qr_cards(*, at: datetime) -> int:
    """Tell the tills whose time is over, and forget sessions that nobody asks for any more; how many expired."""
    overdue = list_overdue_across_partners(at=at)
    for pk in overdue:
        _expire(pk)
    QrCardSession.objects.filter(expires_at__lte=at - KEPT).delete()
    return len(overdue)


@transaction.atomic
def _expire(pk: int) -> None:
    rows = QrCardSession.objects.select_for_update(skip_locked=True).filter(pk=pk, status=QrCardStatus.PENDING)
    session = rows.first()
    if session is not None:
        session.status = QrCardStatus.EXPIRED
        session.save(update_fields=["status"])
        tell(session, "status_update", QrCardStatus.EXPIRED)
