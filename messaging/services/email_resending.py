"""Giving a mail that failed another chance."""

from datetime import datetime

from django.db import transaction

from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.jobs import start_after_commit
from messaging.choices import EmailStatus, Purpose
from messaging.errors import EmailConsentMissing, EmailNotFailed
from messaging.models import EmailMessage
from messaging.services.emails import USEFUL, agrees


@transaction.atomic
def resend_email(*, actor: Actor, email: EmailMessage, reason: str, at: datetime) -> EmailMessage:
    """Put a failed mail back into the queue as it is, under the same Message-ID; asked twice at once it goes out once.

    Its attempts are counted on: the number tells one sender's hold on a mail from the next one's.
    Raises EmailNotFailed, and EmailConsentMissing for marketing to somebody who does not agree any more.
    """
    if email.purpose == Purpose.MARKETING and not agrees(email.partner, email.to):
        raise EmailConsentMissing
    failed = EmailMessage.objects.filter(pk=email.pk, status=EmailStatus.FAILED).exclude(to="")
    changed = failed.update(status=EmailStatus.QUEUED, error="", due_at=at, expires_at=at + USEFUL)
    if not changed:
        raise EmailNotFailed
    audit.record(
        actor=actor,
        action="email.resent",
        target=email,
        partner_id=email.partner_id,
        changes={"status": (EmailStatus.FAILED.value, EmailStatus.QUEUED.value)},
        reason=reason,
        at=at,
    )
    start_after_commit("messaging.send_email", email_id=email.pk)
    email.refresh_from_db()
    return email
