"""Mails that platform staff write to a partner."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.models import EmailMessage
from messaging.selectors.templates import list_writable_codes
from messaging.services.emails import queue_email
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
