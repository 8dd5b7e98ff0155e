"""Trying an account's connection: really connected and logged in, outside any transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.choices import SmsAccountKind
from messaging.errors import SmsSendFailed
from messaging.gateways.base import SmsNotTakenError, default_gateway
from messaging.gateways.http import HttpGateway
from messaging.gateways.smpp import SmppGateway
from messaging.models import SmsAccount
from messaging.selectors.sms_accounts import get_account
from messaging.services.sms_ways import connection_of
from partners.models import Partner

WORKS = "ok"


@dataclass(frozen=True, slots=True)
class Tried:
    """How it went; `result` is `ok` or a short word for what failed, never something the other side said."""

    account: SmsAccount
    result: str

    @property
    def is_working(self) -> bool:
        return self.result == WORKS


def try_connection(*, actor: Actor, partner: Partner, account_id: int, at: datetime) -> Tried:
    """Connect as sending would, within the account's time limits, and note how it went. Raises ResourceNotFound."""
    account = get_account(partner=partner, account_id=account_id)
    result = _try(account) or WORKS
    with transaction.atomic():
        SmsAccount.objects.filter(pk=account.pk).update(tested_at=at, test_result=result[:40])
        audit.record(
            actor=actor,
            action="sms_account.tested",
            target=account,
            partner_id=partner.pk,
            changes={"test_result": (account.test_result, result)},
            at=at,
        )
    account.tested_at, account.test_result = at, result
    return Tried(account, result)


def _try(account: SmsAccount) -> str:
    """Why it does not work; empty where it does."""
    try:
        if account.kind == SmsAccountKind.PLATFORM:
            default_gateway()
            return ""
        if account.kind == SmsAccountKind.DATABASE:
            return "" if settings.SMS_SHOWS_CODES else "not in production"
        connection = connection_of(account)
        return HttpGateway(connection).test() if account.kind == SmsAccountKind.HTTP else SmppGateway(connection).test()
    except SmsNotTakenError as error:
        return error.reason
    except SmsSendFailed:
        return "no gateway"
