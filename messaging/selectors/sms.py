"""Reading SMS messages."""

import uuid
from datetime import datetime

from django.db.models import Case, F, When, Window
from django.db.models.functions import RowNumber

from loyalty.errors import ResourceNotFound
from messaging.choices import SMS_OPEN, SmsAccountKind, SmsPurpose
from messaging.models import SmsAccount, SmsMessage
from partners.models import Partner


def list_waiting_across_partners(*, at: datetime, most: int = 3_000) -> list[int]:
    """Ids of messages whose turn has come: never tried, put back after a failure, or left by a sender that died.

    One-time codes first, because they are soon of no use; then the accounts take turns, so that nobody's campaign holds
    up the others. Without those of accounts that keep a line open: whoever holds the line sends them.
    """
    waiting = SmsMessage.objects.filter(status__in=SMS_OPEN, due_at__lte=at)
    others = waiting.exclude(account__kind=SmsAccountKind.SMPP)
    turn = Window(RowNumber(), partition_by=F("account_id"), order_by=[F("due_at"), F("pk")])
    rank = Case(When(purpose=SmsPurpose.OTP, then=0), default=1)
    ordered = others.annotate(turn=turn, rank=rank).order_by("rank", "turn", "due_at", "pk")
    return list(ordered.values_list("pk", flat=True)[:most])


def list_lines_across_partners() -> list[int]:
    """Every account that keeps a line open: it may have something to send, and hears of what it sent and of STOP."""
    lines = SmsAccount.objects.filter(kind=SmsAccountKind.SMPP, deleted_at=None).order_by("pk")
    return list(lines.values_list("pk", flat=True))


def line_of_across_partners(sms_message_id: int) -> int | None:
    """The account whose line brings this message out, if it is one that keeps a line open."""
    found = SmsMessage.objects.filter(pk=sms_message_id, account__kind=SmsAccountKind.SMPP)
    return found.values_list("account_id", flat=True).first()


def next_on_line_across_partners(*, account_id: int, at: datetime) -> int | None:
    """The account's message whose turn is next."""
    due = SmsMessage.objects.filter(account_id=account_id, status__in=SMS_OPEN, due_at__lte=at)
    return due.order_by("due_at", "pk").values_list("pk", flat=True).first()


def get_message(*, partner: Partner, message_id: uuid.UUID) -> SmsMessage:
    """A message of this partner's by the id on the wire. Raises ResourceNotFound."""
    found = SmsMessage.objects.filter(partner=partner, public_id=message_id).first()
    if found is None:
        raise ResourceNotFound
    return found
