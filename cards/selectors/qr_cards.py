"""Reading cards shown by QR code."""

import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet

from cards.choices import QrCardStatus
from cards.models import QrCardSession
from customers.errors import QrSessionNotFound
from partners.models import Partner

# How long a finished or expired one can still be asked for (contract 16.7).
KEPT = timedelta(hours=1)


def get_qr_card(*, partner: Partner, session_id: uuid.UUID, at: datetime) -> QrCardSession:
    """A till's own session. Raises QrSessionNotFound, for another partner's and for old ones too."""
    rows = QrCardSession.objects.filter(partner=partner, session_id=session_id, expires_at__gt=at - KEPT)
    found = rows.select_related("partner", "shop").first()
    if found is None:
        raise QrSessionNotFound
    return found


def find_by_pairing(pairing_id: uuid.UUID, *, at: datetime) -> QuerySet[QrCardSession]:
    """The session whose picture says `pairing_id`; nobody's where there is none."""
    return QrCardSession.objects.filter(pairing_id=pairing_id, expires_at__gt=at - KEPT)


def list_overdue_across_partners(*, at: datetime, most: int = 1_000) -> list[int]:
    """Ids of sessions whose time is over and whose till nobody has told so."""
    rows = QrCardSession.objects.filter(status=QrCardStatus.PENDING, expires_at__lte=at)
    return list(rows.order_by("expires_at").values_list("pk", flat=True)[:most])
