"""Reading log-ins by QR code."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from customers.errors import QrSessionNotFound
from customers.models import Customer, QrLoginSession
from loyalty.models import LoginSession
from loyalty.services.tokens import bound_token
from partners.models import Partner

# How long a finished or expired one can still be asked for (contract 16.7).
KEPT = timedelta(hours=1)


def read_id(text: str) -> uuid.UUID:
    """A session or pairing id as it comes in a path, with or without dashes. Raises QrSessionNotFound."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise QrSessionNotFound from error


def get_qr_login(*, partner: Partner, session_id: str, at: datetime) -> QrLoginSession:
    """A till's own session. Raises QrSessionNotFound, for another partner's and for old ones too."""
    rows = QrLoginSession.objects.select_related("customer").filter(partner=partner, expires_at__gt=at - KEPT)
    found = rows.filter(session_id=read_id(session_id)).first()
    if found is None:
        raise QrSessionNotFound
    return found


def find_by_pairing(code: str, *, at: datetime) -> QuerySet[QrLoginSession]:
    """The session whose picture says `code`, to be locked or read; nobody's where there is none."""
    return QrLoginSession.objects.filter(pairing_id=read_id(code), expires_at__gt=at - KEPT)


def grant_of(login: QrLoginSession, *, at: datetime) -> dict[str, Any]:
    """What a confirmed log-in gives the till: the customer, and a token that nothing refreshes."""
    held = LoginSession.objects.filter(revoked_at=None, expires_at__gt=at)
    session = None if login.login_id is None else held.filter(pk=login.login_id).first()
    return {
        "user": user_of(login.customer),
        "token": None if session is None else bound_token(session),
        "refresh_token": None,
        "expires_in": 0 if session is None else int((session.expires_at - at).total_seconds()),
    }


def user_of(customer: Customer | None) -> dict[str, Any] | None:
    """The customer, as this partner knows them."""
    if customer is None:
        return None
    return {"id": customer.pk, "name": customer.name, "phone": customer.phone, "email": customer.email}


def list_overdue_across_partners(*, at: datetime, most: int = 1_000) -> list[int]:
    """Ids of sessions whose time is over and that nobody has told so."""
    rows = QrLoginSession.objects.filter(status__in=["pending", "scanned"], expires_at__lte=at)
    return list(rows.order_by("expires_at").values_list("pk", flat=True)[:most])
