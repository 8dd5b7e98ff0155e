"""SMS: written down, and paid for, with what needs them; sent afterwards (messaging/services/sms_delivery.py)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from loyalty.services.jobs import start_after_commit
from loyalty.services.sealing import seal
from messaging.choices import SMS_OPEN, SmsAccountKind, SmsPurpose, SmsStatus
from messaging.errors import SmsBalanceTooLow, SmsDailyLimitReached, SmsSendFailed
from messaging.gateways.base import default_gateway
from messaging.models import SmsAccount, SmsMessage
from messaging.rules.sms import count_parts, without_codes
from messaging.rules.sms_prices import country_of, price_of
from messaging.selectors.sms_accounts import find_active_account
from messaging.services.sms_states import end_unsent
from partners.models import Partner

USEFUL = timedelta(hours=24)
USEFUL_CODE = timedelta(minutes=5)
DAY = timedelta(hours=24)
LOCK = 0x534D53  # "SMS": apart from other users of advisory locks


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants of a message besides its text; what is not said is decided here."""

    sender: str = ""
    scheduled_at: datetime | None = None
    expires_at: datetime | None = None
    receipt_url: str = ""
    template: str = ""


NO_WISH = Wish()


@transaction.atomic
def queue_sms(
    *, partner: Partner | None, phone: str, text: str, purpose: str, at: datetime, template: str = ""
) -> SmsMessage:
    """Have an SMS sent once this transaction is committed; `phone` is E.164.

    It goes through the partner's active account, which pays for it, else through the platform's own connection. A
    one-time code is only kept in clear on a machine that shows codes. Raises SmsSendFailed where nothing sends SMS or
    the account is empty, SmsDailyLimitReached where the platform has paid for enough of them today.
    """
    account = find_active_account(partner)
    if partner is None:
        _within_daily_limit(at)
    try:
        return write_down(
            partner=partner,
            account=account,
            phone=phone,
            text=text,
            purpose=purpose,
            wish=Wish(template=template),
            at=at,
        )
    except SmsBalanceTooLow as error:
        raise SmsSendFailed from error


@transaction.atomic
def write_down(
    *,
    partner: Partner | None,
    account: SmsAccount | None,
    phone: str,
    text: str,
    purpose: str,
    wish: Wish,
    at: datetime,
) -> SmsMessage:
    """The row, with its cost taken from the account. Raises SmsSendFailed and SmsBalanceTooLow."""
    if account is None or account.kind == SmsAccountKind.PLATFORM:
        default_gateway()
    parts, country = count_parts(text), country_of(phone)
    cost = Decimal(0) if account is None else parts * price_of(account.prices, country)
    if account is not None:
        _charge(account, cost)
    is_secret = purpose == SmsPurpose.OTP and not settings.SMS_SHOWS_CODES
    due = wish.scheduled_at or at
    message = SmsMessage.objects.create(
        partner=partner,
        account=account,
        purpose=purpose,
        template=wish.template,
        sender=wish.sender or _sender(account),
        phone=phone,
        country=country,
        text=without_codes(text) if is_secret else text,
        sealed=seal(text) if is_secret else None,
        parts=parts,
        cost=cost,
        currency="" if account is None else account.currency,
        receipt_url=wish.receipt_url,
        queued_at=at,
        scheduled_at=wish.scheduled_at,
        due_at=due,
        expires_at=wish.expires_at or due + (USEFUL_CODE if purpose == SmsPurpose.OTP else USEFUL),
    )
    if due <= at:
        start_after_commit("messaging.send_sms", sms_message_id=message.pk)
    return message


def _sender(account: SmsAccount | None) -> str:
    return str(account.senders[0]) if account is not None and account.senders else settings.SMS_SENDER


def _charge(account: SmsAccount, cost: Decimal) -> None:
    """One conditional UPDATE: of two messages with money for one, the second finds too little."""
    paying = SmsAccount.objects.filter(pk=account.pk, is_active=True, balance__gte=cost - F("credit_limit"))
    if not paying.update(balance=F("balance") - cost):
        raise SmsBalanceTooLow(cost=cost, currency=account.currency)


def _within_daily_limit(at: datetime) -> None:
    """Messages without a partner, over the last 24 hours: exact, because whoever asks at the same moment waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    limit = settings.SMS_DAILY_LIMIT
    if limit <= 0:
        raise SmsDailyLimitReached(retry_after=int(DAY.total_seconds()))
    recent = SmsMessage.objects.filter(partner=None, queued_at__gt=at - DAY).order_by("-queued_at")
    oldest = recent.values_list("queued_at", flat=True)[limit - 1 : limit].first()
    if oldest is not None:
        raise SmsDailyLimitReached(retry_after=max(1, int((oldest + DAY - at).total_seconds()) + 1))


def forget_texts(*, at: datetime, keep: timedelta = timedelta(days=90)) -> int:
    """Empty number and text of messages that are long done; how many. What was sent, and at what cost, stays known."""
    old = SmsMessage.objects.filter(queued_at__lt=at - keep).exclude(status__in=SMS_OPEN).exclude(phone="", text="")
    return old.update(phone="", text="", error="")


@transaction.atomic
def erase_phone(*, phone: str, at: datetime, partner_id: int | None = None) -> int:
    """Forget whom messages to this number went to and what they said: all of them, or those of one partner."""
    messages = SmsMessage.objects.filter(phone=phone)
    if partner_id is not None:
        messages = messages.filter(partner_id=partner_id)
    # One that still waits for its turn would go out to nobody: it ends here.
    for message in messages.filter(status__in=SMS_OPEN).select_for_update():
        only = Q(status__in=SMS_OPEN)
        end_unsent(message, only=only, status=SmsStatus.FAILED, error="erased", at=at, has_left=message.is_handed)
    return messages.update(phone="", text="")
