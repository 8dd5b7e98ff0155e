"""What providers say: how a message ended, and that somebody wants to hear nothing more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from loyalty.errors import ResourceNotFound
from loyalty.services.audit import SYSTEM
from messaging.choices import SMS_OPEN, Channel, Purpose
from messaging.gateways.base import Notice
from messaging.models import SmsAccount, SmsMessage
from messaging.rules.sms_prices import read_number
from messaging.rules.sms_receipts import HTTP_STATES, is_stop, shown_error
from messaging.selectors.consents import is_consent_reference_known
from messaging.services.consents import lock_addresses, record_consents
from messaging.services.sms_states import note_outcome


def note_call(*, sms_message_id: int, said: Mapping[str, Any], at: datetime) -> bool:
    """A receipt in the shape of contract 11. False: it changed nothing. Raises ResourceNotFound."""
    message = SmsMessage.objects.filter(pk=sms_message_id).first()
    if message is None:
        raise ResourceNotFound
    status = HTTP_STATES.get(str(said.get("status", "")).upper())
    if status is None:
        return False
    named = said.get("id")
    external_id = str(named) if isinstance(named, str | int) else ""
    # Of another message of the provider's: ours was tried again under another id, or somebody mixed them up.
    if message.external_id and external_id and external_id[:100] != message.external_id:
        return False
    error = shown_error(said.get("error"))
    return note_outcome(message, status=status, error=error, external_id=external_id, at=at)


@transaction.atomic
def note_line(*, account: SmsAccount, notice: Notice, at: datetime) -> bool:
    """What came over an account's line. False: say it again, we may still be writing that message down."""
    if notice.phone:
        _note_text(account, notice, at)
        return True
    if not notice.external_id or not notice.status:
        return True
    message = SmsMessage.objects.filter(account=account, external_id=notice.external_id).order_by("-pk").first()
    if message is None:
        return not SmsMessage.objects.filter(account=account, is_handed=True, status__in=SMS_OPEN).exists()
    note_outcome(message, status=notice.status, error=notice.error, external_id="", at=at)
    return True


@transaction.atomic
def note_text_call(*, account_id: int, said: Mapping[str, Any], at: datetime) -> bool:
    """What somebody wrote, told by an HTTP provider. False: it changed nothing. Raises ResourceNotFound."""
    account = SmsAccount.objects.select_related("partner").filter(pk=account_id, deleted_at=None).first()
    if account is None:
        raise ResourceNotFound
    notice = Notice(phone=said["source"], text=said["message"], external_id=said.get("id") or "")
    return _note_text(account, notice, at)


def _note_text(account: SmsAccount, notice: Notice, at: datetime) -> bool:
    """STOP takes a consent back, at this partner; other texts are nobody's business here and are not kept.

    One that its provider numbers counts once: told again after a new yes, it does not take that one back.
    """
    phone = read_number(notice.phone)
    if phone is None or not is_stop(notice.text):
        return False
    lock_addresses(partner=account.partner, addresses=[phone])
    key, reference = (Channel.SMS, Purpose.MARKETING, phone), _reference(account, notice)
    if reference and is_consent_reference_known(partner=account.partner, phone=phone, reference=reference):
        return False
    changes = record_consents(
        actor=SYSTEM, partner=account.partner, given={key: False}, source="sms_stop", reference=reference, at=at
    )
    return bool(changes)


def _reference(account: SmsAccount, notice: Notice) -> str:
    """The provider's number of a text, apart from other accounts' numbers; empty where it has none."""
    return f"{account.pk}:{notice.external_id}"[:100] if notice.external_id else ""
