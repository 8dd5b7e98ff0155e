"""Partners' own SMS texts: written, changed and taken away by platform staff, and tried before anybody gets them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.models import SmsTemplate
from messaging.rules.placeholders import clean, fill
from messaging.rules.sms import count_parts, is_gsm
from messaging.rules.sms_prices import price_of
from messaging.rules.sms_templates import sms_template_faults, variables_of
from messaging.selectors.sms_accounts import find_active_account
from partners.models import Partner

FIELDS = ("code", "language", "text", "is_active")


@transaction.atomic
def create_sms_template(*, actor: Actor, partner: Partner, data: Mapping[str, Any], at: datetime) -> SmsTemplate:
    """A new text. Raises ValidationFailed for its variables, ResourceAlreadyExists where there is one already."""
    template = SmsTemplate(partner=partner)
    _fill(template, data)
    _save(template)
    _note(actor, template, "created", {name: (None, getattr(template, name)) for name in FIELDS}, at)
    return template


@transaction.atomic
def change_sms_template(
    *, actor: Actor, partner: Partner, template_id: int, data: Mapping[str, Any], at: datetime
) -> SmsTemplate:
    """Change what is named. Raises ResourceNotFound, ValidationFailed and ResourceAlreadyExists."""
    template = _get(partner, template_id)
    before = audit.snapshot(template, FIELDS)
    _fill(template, data)
    changes = audit.difference(before, audit.snapshot(template, FIELDS))
    if changes:
        _save(template)
        _note(actor, template, "changed", changes, at)
    return template


@transaction.atomic
def delete_sms_template(*, actor: Actor, partner: Partner, template_id: int, at: datetime) -> None:
    """Take a text away; messages that were sent with it keep its code. Raises ResourceNotFound."""
    template = _get(partner, template_id)
    _note(actor, template, "deleted", {name: (getattr(template, name), None) for name in FIELDS}, at)
    template.delete()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reader would get and what it would cost; no price where the partner has no account."""

    text: str
    parts: int
    is_gsm: bool
    variables: list[str]
    country: str
    amount: Decimal | None
    currency: str | None


def preview_sms(*, partner: Partner, code: str, text: str, values: Mapping[str, str], country: str) -> Preview:
    """The text with its variables, those not given as their names in brackets. Raises ValidationFailed."""
    _check(code, text)
    names = variables_of(text)
    shown = fill_sms(text, {name: f"[{name}]" for name in names} | dict(values))
    account, parts = find_active_account(partner), count_parts(shown)
    amount = None if account is None else parts * price_of(account.prices, country)
    currency = None if account is None else account.currency
    return Preview(shown, parts, is_gsm(shown), names, country, amount, currency)


def fill_sms(text: str, values: Mapping[str, object]) -> str:
    """The text as it goes out, without characters that no reader sees."""
    return clean(fill(text, values))


def _fill(template: SmsTemplate, data: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in data:
            setattr(template, name, data[name])
    _check(template.code, template.text)


def _check(code: str, text: str) -> None:
    if faults := sms_template_faults(code, text):
        raise ValidationFailed(errors={"text": faults})


def _get(partner: Partner, template_id: int) -> SmsTemplate:
    found = SmsTemplate.objects.select_for_update().filter(partner=partner, pk=template_id).first()
    if found is None:
        raise ResourceNotFound
    return found


def _save(template: SmsTemplate) -> None:
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        raise ResourceAlreadyExists(what=_("a text with this code and language")) from error


def _note(actor: Actor, template: SmsTemplate, what: str, changes: Mapping[str, tuple[Any, Any]], at: datetime) -> None:
    audit.record(
        actor=actor,
        action=f"sms_template.{what}",
        target=template,
        partner_id=template.partner_id,
        changes=changes,
        personal=(),
        at=at,
    )
