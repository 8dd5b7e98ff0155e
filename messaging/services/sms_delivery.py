"""Bringing SMS out: claimed with a lease, handed to a gateway outside any transaction, settled by whoever holds them.

Tasks that run twice or side by side send a message once. A sender that dies in between leaves `sending`; when its lease
is over the message is tried again, under the same reference.
"""

from datetime import datetime, timedelta
from logging import getLogger
from math import ceil

from django.db import transaction
from django.db.models import Q

from loyalty.errors import UnavailableError
from loyalty.services.sealing import unseal
from messaging.choices import SMS_OPEN, SmsPurpose, SmsStatus
from messaging.gateways.base import Outgoing, SmsGateway, SmsNotTakenError, SmsRefusedError
from messaging.models import SmsMessage
from messaging.selectors.consents import is_marketing_allowed
from messaging.services.sms_links import receipt_url_of
from messaging.services.sms_states import change, end_unsent, note_sent
from messaging.services.sms_ways import way_out

# A provider must have answered within this time; its own time limits have to be shorter.
LEASE = timedelta(minutes=3)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)

logger = getLogger("loyalty.sms")


def deliver_sms(*, sms_message_id: int, at: datetime, way: SmsGateway | None = None) -> SmsMessage | None:
    """Send a message that is due; None where there is nothing to do. Raises UnavailableError to be tried again.

    `way` is a connection that is open already. The provider is asked outside any transaction.
    """
    message, was_handed = _claim(sms_message_id, at)
    if message is None or message.status != SmsStatus.SENDING:
        return message
    held = Q(status=SmsStatus.SENDING, attempts=message.attempts)
    try:
        with way_out(message.account, opened=way) as gateway:
            external_id = gateway.send(_outgoing(message, at))
    except SmsRefusedError as refusal:
        end_unsent(message, only=held, status=SmsStatus.FAILED, error=str(refusal), at=at, has_left=was_handed)
    except UnavailableError as error:
        pause = min(FIRST_PAUSE * 2 ** min(message.attempts - 1, 20), LONGEST_PAUSE)
        is_back = isinstance(error, SmsNotTakenError)
        reason = error.reason if isinstance(error, SmsNotTakenError) else error.code
        handed = was_handed if is_back else True
        change(message, only=held, status=SmsStatus.QUEUED, due_at=at + pause, error=reason[:200], is_handed=handed)
        raise
    else:
        note_sent(message, only=held, external_id=external_id, at=at)
    return message


@transaction.atomic
def _claim(pk: int, at: datetime) -> tuple[SmsMessage | None, bool]:
    """The message, held for one attempt or at its end already; and whether a provider may have it from before."""
    due = SmsMessage.objects.filter(pk=pk, status__in=SMS_OPEN, due_at__lte=at)
    message = due.select_related("partner", "account").select_for_update(of=("self",), skip_locked=True).first()
    if message is None:
        return None, False
    was_handed = message.is_handed
    useless = _useless(message, at)
    if useless is not None:
        status, error = useless
        end_unsent(message, only=Q(), status=status, error=error, at=at, has_left=was_handed)
        return message, was_handed
    change(
        message,
        only=Q(),
        status=SmsStatus.SENDING,
        attempts=message.attempts + 1,
        due_at=at + LEASE,
        is_handed=True,
    )
    return message, was_handed


def _useless(message: SmsMessage, at: datetime) -> tuple[str, str] | None:
    """Why it must not go out any more: a state and a word."""
    if at >= message.expires_at:
        return SmsStatus.EXPIRED, "too late"
    if message.sealed is not None and unseal(bytes(message.sealed)) is None:
        return SmsStatus.FAILED, "unreadable"
    if message.purpose == SmsPurpose.MARKETING and not (
        message.partner is not None and is_marketing_allowed(partner=message.partner, phone=message.phone)
    ):
        return SmsStatus.FAILED, "no consent"
    return None


def _outgoing(message: SmsMessage, at: datetime) -> Outgoing:
    text = message.text if message.sealed is None else unseal(bytes(message.sealed)) or ""
    return Outgoing(
        reference=f"sms-{message.pk}",
        sender=message.sender,
        phone=message.phone,
        text=text,
        minutes=min(10_080, max(1, ceil((message.expires_at - at).total_seconds() / 60))),
        receipt_url=receipt_url_of(message),
    )
