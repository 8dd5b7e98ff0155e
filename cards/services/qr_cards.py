"""A till asks a customer to show the own card by QR code: `pending → completed`, or expired after five minutes.

What happens when the app scans it is the ledger's (ledger.services.qr_cards), because a new card carries points.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cards.choices import QrCardStatus
from cards.models import QrCardSession
from cards.selectors.qr_cards import KEPT, list_overdue_across_partners
from loyalty.realtime.publish import publish_after_commit
from partners.models import ApiCredential, Partner
from partners.selectors.shops import check_shops

LIFETIME = timedelta(minutes=5)


@transaction.atomic
def open_qr_card(
    *,
    partner: Partner,
    credential: ApiCredential,
    shop_id: int | None,
    reach: frozenset[int] | None,
    device_name: str,
    at: datetime,
) -> QrCardSession:
    """A new picture for a till. Raises ResourceNotFound or StoreAccessDenied for the shop.

    A till that is limited to one shop shows that shop's.
    """
    if shop_id is not None:
        check_shops(partner=partner, shop_ids=[shop_id], reach=reach)
    elif reach is not None and len(reach) == 1:
        (shop_id,) = reach
    return QrCardSession.objects.create(
        partner=partner,
        credential=credential,
        shop_id=shop_id,
        device_name=device_name,
        created_at=at,
        expires_at=at + LIFETIME,
    )


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
