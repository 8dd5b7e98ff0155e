"""Mails that platform staff write to a partner."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.jobs import start_after_commit
from messaging.choices import EmailStatus
from messaging.errors import EmailNotFailed
from messaging.models import EmailMessage
from messaging.selectors.templates import list_writable_codes
from messaging.services.emails import USEFUL, queue_email
from partners.models import Partner


@transaction.atomic
def email_partner(
    *, actor: Actor, partner: Partner, subject: str, message: str, template: str, at: datetime
) -> EmailMessage:
    """Queue a mail to the partner's contact address. Raises ValidationFailed for a template that takes no words."""
    codes = list_writable_codes(partner=partner)
    if template not in codes:
        raise ValidationFailed(errors={"template_type": [_("Must be one of: {words}.").format(words=", ".join(codes))]})
    email = queue_email(
        partner=partner,
        to=partner.contact_email,
        template=template,
        values={"subject": subject, "message": message, "sender": settings.PLATFORM_NAME},
        language=partner.default_language,
        at=at,
    )
    changes = {"template": (None, template)}
    audit.record(actor=actor, action="email.queued", target=email, partner_id=partner.pk, changes=changes, at=at)
    return email


@transaction.atomic
def resend_email(*, actor: Actor, email: EmailMessage, reason: str = "", at: datetime) -> EmailMessage:
    """Put a failed mail back into the queue, with the words and the Message-ID that it had. Waiting again: no change.

    Of two at once one does it. Raises EmailNotFailed (it was sent, or its words were erased).
    """
    found = EmailMessage.objects.select_for_update(of=("self",)).get(pk=email.pk)
    if found.status in {EmailStatus.QUEUED, EmailStatus.SENDING}:
        return found
    if found.status != EmailStatus.FAILED or not found.to:
        shown = found.get_status_display() if found.to else _("erased")
        raise EmailNotFailed(status=shown)
    changes = {"status": (found.status, EmailStatus.QUEUED.value), "error": (found.error, "")}
    found.status, found.error, found.due_at, found.expires_at = EmailStatus.QUEUED, "", at, at + USEFUL
    found.save(update_fields=["status", "error", "due_at", "expires_at"])
    audit.record(
        actor=actor,
        action="email.resent",
        target=found,
        partner_id=found.partner_id,
        changes=changes,
        reason=reason,
        at=at,
    )
    start_after_commit("messaging.send_email", email_id=found.pk)
    return found
