"""Taking a message back before it goes out."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from loyalty.errors import ResourceAlreadyExists
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.choices import SmsStatus
from messaging.models import SmsMessage
from messaging.services.sms_states import end_unsent


@transaction.atomic
def cancel_sms(*, actor: Actor, message: SmsMessage, reason: str, at: datetime) -> SmsMessage:
    """It will not be sent, and its cost goes back. Raises ResourceAlreadyExists where it is on its way already."""
    waiting = Q(status=SmsStatus.QUEUED, is_handed=False)
    if not end_unsent(message, only=waiting, status=SmsStatus.FAILED, error="cancelled", at=at, has_left=False):
        raise ResourceAlreadyExists(what=_("the message is on its way"))
    audit.record(
        actor=actor,
        action="sms.cancelled",
        target=message,
        partner_id=message.partner_id,
        changes={"status": (SmsStatus.QUEUED.value, SmsStatus.FAILED.value)},
        reason=reason,
        at=at,
    )
    return message
