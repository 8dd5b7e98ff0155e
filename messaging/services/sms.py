"""SMS: written down with what needs them, brought out afterwards.

`queued → sending → sent | failed`, each step one conditional UPDATE, so that tasks that run twice or side by side send
a message once. A sender that dies in between leaves `sending`; when its lease is over the message is tried again,
under the same reference.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from loyalty.errors import UnavailableError
from loyalty.services.jobs import start_after_commit
from loyalty.services.sealing import seal, unseal
from messaging.choices import SmsPurpose, SmsStatus
from messaging.gateways.base import Outgoing, SmsRefusedError, default_gateway
from messaging.models import SmsMessage
from messaging.rules.sms import count_parts, without_codes
from partners.models import Partner

# A provider must have answered within this time; its own time limit has to be shorter.
LEASE = timedelta(minutes=3)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
USEFUL = timedelta(hours=24)
USEFUL_CODE = timedelta(minutes=5)
OPEN = (SmsStatus.QUEUED, SmsStatus.SENDING)


@transaction.atomic
def queue_sms(*, partner: Partner | None, phone: str, text: str, purpose: str, at: datetime) -> SmsMessage:
    """Have an SMS sent once this transaction is committed; `phone` is E.164.

    A one-time code is only kept in clear on a machine that shows codes. Raises SmsSendFailed where nothing sends SMS.
    """
    default_gateway()
    is_secret = purpose == SmsPurpose.OTP and not settings.SMS_SHOWS_CODES
    message = SmsMessage.objects.create(
        partner=partner,
        purpose=purpose,
        sender=settings.SMS_SENDER,
        phone=phone,
        text=without_codes(text) if is_secret else text,
        sealed=seal(text) if is_secret else None,
        parts=count_parts(text),
        queued_at=at,
        due_at=at,
        expires_at=at + (USEFUL_CODE if purpose == SmsPurpose.OTP else USEFUL),
    )
    start_after_commit("messaging.send_sms", sms_message_id=message.pk)
    return message


def deliver_sms(*, sms_message_id: int, at: datetime) -> SmsMessage | None:
    """Send a message that is due; None where there is nothing to do. Raises UnavailableError to be tried again.

    The provider is asked outside any transaction.
    """
    message = _claim(sms_message_id, at)
    if message is None:
        return None
    text = message.text if message.sealed is None else unseal(bytes(message.sealed))
    if at >= message.expires_at or text is None:
        return _finish(message, status=SmsStatus.FAILED, error="too late" if text is not None else "unreadable")
    outgoing = Outgoing(f"sms-{message.pk}", message.sender, message.phone, text)
    try:
        external_id = default_gateway().send(outgoing)
    except SmsRefusedError as refusal:
        return _finish(message, status=SmsStatus.FAILED, error=str(refusal)[:200])
    except UnavailableError as error:
        pause = min(FIRST_PAUSE * 2 ** min(message.attempts - 1, 20), LONGEST_PAUSE)
        _change(message, status=SmsStatus.QUEUED, due_at=at + pause, error=error.code)
        raise
    return _finish(message, status=SmsStatus.SENT, sent_at=at, external_id=external_id[:100], error="")


def _claim(pk: int, at: datetime) -> SmsMessage | None:
    due = SmsMessage.objects.filter(pk=pk, status__in=OPEN, due_at__lte=at)
    if not due.update(status=SmsStatus.SENDING, attempts=F("attempts") + 1, due_at=at + LEASE):
        return None
    return SmsMessage.objects.get(pk=pk)


def _finish(message: SmsMessage, **values: object) -> SmsMessage:
    _change(message, sealed=None, **values)
    return message


def _change(message: SmsMessage, **values: object) -> None:
    """Only by the attempt that holds the message: one whose lease is over has been overtaken."""
    held = SmsMessage.objects.filter(pk=message.pk, status=SmsStatus.SENDING, attempts=message.attempts)
    if held.update(**values):
        for name, value in values.items():
            setattr(message, name, value)
    else:
        message.refresh_from_db()


def forget_texts(*, at: datetime, keep: timedelta = timedelta(days=90)) -> int:
    """Empty number and text of messages that are long done; how many. What was sent, and at what cost, stays known."""
    old = SmsMessage.objects.filter(queued_at__lt=at - keep).exclude(status__in=OPEN).exclude(phone="", text="")
    return old.update(phone="", text="", error="")


def erase_phone(*, phone: str, partner_id: int | None = None) -> int:
    """Forget whom messages to this number went to and what they said: all of them, or those of one partner."""
    messages = SmsMessage.objects.filter(phone=phone)
    if partner_id is not None:
        messages = messages.filter(partner_id=partner_id)
    # One that still waits for its turn would go out to nobody: it ends here.
    messages.filter(status__in=OPEN).update(status=SmsStatus.FAILED, sealed=None, error="erased")
    return messages.update(phone="", text="")
