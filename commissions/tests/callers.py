"""Platform staff who talk to the real addresses."""

from datetime import UTC, datetime
from typing import Any

from loyalty.services.tokens import ADMIN_REALM, open_session
from loyalty.tests.factories import AdminFactory
from partners.tests.callers import Caller


def admin_caller() -> Caller:
    """An administrator with a fresh token."""
    tokens = open_session(user=AdminFactory(), realm=ADMIN_REALM, partner_id=None, at=datetime.now(UTC))
    return Caller({"Authorization": f"Bearer {tokens.access}"})


def address(partner: Any, what: str, locale: str = "en") -> str:
    """A path below a partner's commission."""
    return f"/{locale}/admin/partners/{partner if isinstance(partner, int) else partner.pk}/commission/{what}"
