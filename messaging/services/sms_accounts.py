"""Opening, changing and closing partners' SMS accounts. Of a partner's accounts at most one is active."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.sealing import seal
from messaging.choices import SMS_OPEN, SmsAccountKind, SmsBilling
from messaging.errors import SmsAccountBusy, SmsAccountNotReady
from messaging.models import SmsAccount, SmsMessage, SmsTopUp
from messaging.services.sms_money import may_hold
from partners.models import Partner

CONNECTION = ("kind", "base_url", "host", "port", "is_tls", "username", "connection_timeout", "bind_timeout")
TERMS = ("senders", "currency", "prices", "billing", "credit_limit")
FIELDS = (
    *("account_name", "contact_name", "contact_email", "contact_phone", "company_name", "customer_id", "account_id"),
    *CONNECTION,
    *TERMS,
)
PERSONAL = audit.PERSONAL | {"contact_name"}


@transaction.atomic
def open_account(
    *, actor: Actor, partner: Partner, data: Mapping[str, Any], is_activated: bool, at: datetime
) -> SmsAccount:
    """A new account; activated at once it takes the place of the active one. Raises SmsAccountNotReady."""
    _lock(partner)
    account = SmsAccount(partner=partner, currency=partner.currency)
    _fill(account, data)
    if is_activated:
        _take_over(actor, account, at)
    account.save(force_insert=True)
    values = {name: (None, getattr(account, name)) for name in (*FIELDS, "is_active", "has_password")}
    _note(actor, account, "opened", {name: pair for name, pair in values.items() if pair[1] not in ("", [])}, at)
    return account


@transaction.atomic
def change_account(
    *, actor: Actor, partner: Partner, account_id: int, data: Mapping[str, Any], at: datetime, reason: str = ""
) -> SmsAccount:
    """Change what is named; a blank password keeps the old one. Raises ResourceNotFound and SmsAccountNotReady."""
    _lock(partner)
    account = _get(partner, account_id)
    before = {**audit.snapshot(account, FIELDS), "is_active": account.is_active, "has_password": account.has_password}
    _fill(account, data)
    is_active = data.get("is_active", account.is_active)
    if is_active:
        _take_over(actor, account, at)
    account.is_active = is_active
    _check_money(account, before)
    after = {**audit.snapshot(account, FIELDS), "is_active": account.is_active, "has_password": account.has_password}
    changes = audit.difference(before, after)
    if data.get("password"):
        changes["password_changed"] = (False, True)
    if changes:
        # The balance is not ours to write: messages take from it all the time.
        account.save(update_fields=[*FIELDS, "is_active", "sealed_password", "updated_at"])
        _note(actor, account, "changed", changes, at, reason)
    return account


@transaction.atomic
def close_account(*, actor: Actor, partner: Partner, account_id: int, at: datetime, reason: str = "") -> None:
    """Take an account away; its messages keep it. Raises ResourceNotFound, and SmsAccountBusy while some still wait."""
    _lock(partner)
    account = _get(partner, account_id)
    SmsAccount.objects.filter(pk=account.pk).update(is_active=False)  # from here on nothing more is queued
    waiting = SmsMessage.objects.filter(account=account, status__in=SMS_OPEN).count()
    if waiting:
        raise SmsAccountBusy(count=waiting)
    was_active, account.is_active = account.is_active, False
    account.deleted_at, account.sealed_password = at, None
    account.save(update_fields=["is_active", "deleted_at", "sealed_password", "updated_at"])
    _note(actor, account, "closed", {"is_active": (was_active, False)} if was_active else {}, at, reason)


def _lock(partner: Partner) -> None:
    """Whoever changes accounts of the same partner comes one after the other."""
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)


def _get(partner: Partner, account_id: int) -> SmsAccount:
    found = SmsAccount.objects.select_for_update().filter(partner=partner, pk=account_id, deleted_at=None).first()
    if found is None:
        raise ResourceNotFound
    return found


def _fill(account: SmsAccount, data: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in data:
            setattr(account, name, data[name])
    if data.get("password"):
        account.sealed_password = seal(data["password"])
    # Who names the host of a line and all it takes to log in there means that line (contract 4 has no word for it).
    is_line = bool(account.host and account.username and account.has_password)
    if "kind" not in data and data.get("host") and is_line and account.kind == SmsAccountKind.PLATFORM:
        account.kind = SmsAccountKind.SMPP
    if account.billing == SmsBilling.PREPAID:
        account.credit_limit = SmsAccount._meta.get_field("credit_limit").get_default()


def _take_over(actor: Actor, account: SmsAccount, at: datetime) -> None:
    """Make it the active one; another that was steps back, and keeps its balance."""
    if account.missing:
        raise SmsAccountNotReady(missing=", ".join(account.missing))
    account.is_active = True
    others = SmsAccount.objects.select_for_update().filter(partner=account.partner, is_active=True)
    for other in others.exclude(pk=account.pk):
        other.is_active = False
        other.save(update_fields=["is_active", "updated_at"])
        _note(actor, other, "changed", {"is_active": (True, False)}, at)


def _check_money(account: SmsAccount, before: Mapping[str, Any]) -> None:
    if account.currency != before["currency"] and (
        account.balance or SmsTopUp.objects.filter(account=account).exists()
    ):
        raise ValidationFailed(errors={"currency": [_("The currency cannot change once money is on the account.")]})
    if not may_hold(account, account.balance):
        raise ValidationFailed(errors={"credit_limit": [_("The account owes more than that already.")]})


def _note(  # noqa: PLR0917 - one line of the audit trail
    actor: Actor,
    account: SmsAccount,
    what: str,
    changes: Mapping[str, tuple[Any, Any]],
    at: datetime,
    reason: str = "",
) -> None:
    audit.record(
        actor=actor,
        action=f"sms_account.{what}",
        target=account,
        partner_id=account.partner_id,
        changes=changes,
        personal=PERSONAL,
        reason=reason,
        at=at,
    )
