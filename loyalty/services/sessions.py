"""Ending log-in sessions of others."""

from datetime import datetime

from django.db import transaction

from loyalty.models import LoginSession
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.tokens import close_session


@transaction.atomic
def revoke_session(*, actor: Actor, session: LoginSession, at: datetime, reason: str) -> LoginSession:
    """End somebody's session at once; ending it twice changes nothing."""
    locked = LoginSession.objects.select_for_update().get(pk=session.pk)
    if locked.revoked_at is not None:
        return locked
    close_session(session_id=locked.pk, realm=locked.realm, at=at)
    audit.record(
        actor=actor,
        action="session.revoked",
        target=locked,
        partner_id=locked.partner_id,
        changes={"revoked_at": (None, at)},
        reason=reason,
        at=at,
    )
    locked.refresh_from_db(fields=["revoked_at"])
    return locked
