"""What becomes of an SMS: every step one conditional UPDATE, with all that follows from it in the same transaction.

`queued → sending → sent → delivered | failed | undeliverable | expired`. What is final stays; what certainly never left
gives its cost back; the partner who asked for receipts gets one.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from messaging.choices import SMS_FINAL, SMS_OPEN, SmsStatus
from messaging.models import SmsAccount, SmsMessage
from messaging.services.sms_receipts import queue_receipt


@transaction.atomic(savepoint=False)
def change(message: SmsMessage, *, only: Q, **values: Any) -> bool:
    """Change the row if it still is as `only` says, and the object with it; False: somebody was quicker."""
    if not SmsMessage.objects.filter(only, pk=message.pk).update(**values):
        message.refresh_from_db()
        return False
    for name, value in values.items():
        setattr(message, name, value)
    return True


@transaction.atomic
def end_unsent(message: SmsMessage, *, only: Q, status: str, error: str, at: datetime, has_left: bool) -> bool:
    """It will not be sent. Unless a provider may have it all the same, the account gets its money back."""
    back = None if has_left else at
    if not change(message, only=only, status=status, error=error[:200], failed_at=at, refunded_at=back, sealed=None):
        return False
    if back is not None and message.account_id is not None and message.cost:
        SmsAccount.objects.filter(pk=message.account_id).update(balance=F("balance") + message.cost)
    queue_receipt(message=message, at=at)
    return True


@transaction.atomic
def note_sent(message: SmsMessage, *, only: Q, external_id: str, at: datetime) -> bool:
    """A provider has it."""
    sent = {"status": SmsStatus.SENT, "sent_at": at, "external_id": external_id[:100], "error": "", "sealed": None}
    if not change(message, only=only, **sent):
        return False
    queue_receipt(message=message, at=at)
    return True


@transaction.atomic
def note_outcome(message: SmsMessage, *, status: str, error: str, external_id: str, at: datetime) -> bool:
    """A provider says how it ended. What came late, came twice, or speaks of what never left changes nothing."""
    if status not in SMS_FINAL:
        return False
    values: dict[str, Any] = {"status": status, "error": error[:200], "sealed": None}
    if status == SmsStatus.DELIVERED:
        values |= {"delivered_at": at, "sent_at": Coalesce("sent_at", at), "error": ""}
    else:
        values["failed_at"] = at
    if external_id and not message.external_id:
        values["external_id"] = external_id[:100]
    only = Q(is_handed=True, status__in=(*SMS_OPEN, SmsStatus.SENT))
    if not SmsMessage.objects.filter(only, pk=message.pk).update(**values):
        return False
    message.refresh_from_db()
    queue_receipt(message=message, at=at)
    return True
