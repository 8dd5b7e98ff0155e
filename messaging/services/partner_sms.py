"""What partners send by themselves (contract 11), and the consents that they bring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from loyalty.errors import ValidationFailed
from loyalty.services.audit import SYSTEM, Actor
from messaging.choices import Channel, Purpose, SmsPurpose
from messaging.errors import MessageTemplateNotFound, SmsAccountMissing, SmsNumberInvalid, SmsSenderInvalid
from messaging.models import Consent, SmsMessage
from messaging.rules.consents import is_allowed
from messaging.rules.sms import is_sender
from messaging.rules.sms_prices import read_number
from messaging.rules.sms_templates import VARIABLES as BUILT_IN
from messaging.rules.sms_templates import variables_of
from messaging.selectors.consents import get_latest_consent
from messaging.selectors.sms_accounts import find_active_account
from messaging.selectors.sms_templates import find_sms_text
from messaging.services.consents import NO_PROOF, Proof, record_consents
from messaging.services.sms import Wish, write_down
from messaging.services.sms_templates import fill_sms
from partners.models import Partner

# How far ahead a message may be written down; its text is forgotten after ninety days.
FARTHEST = timedelta(days=60)
LONGEST_TEXT = 1_600
LONGEST_VALIDITY = timedelta(minutes=10_080)


@dataclass(frozen=True, slots=True)
class Order:
    """One message as a partner's system asks for it."""

    source: str
    destination: str
    text: str = ""
    # In place of the text: one of the partner's own, with its variables.
    template: str = ""
    language: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    purpose: str = SmsPurpose.SERVICE
    receipt_url: str = ""
    scheduled: datetime | None = None
    validity: datetime | None = None
    minutes: int | None = None
    is_consent_given: bool = False
    proof: Proof = NO_PROOF


@dataclass(frozen=True, slots=True)
class Ordered:
    """The message, and whether a consent was noted with it."""

    message: SmsMessage
    is_consent_noted: bool


@transaction.atomic
def send_for_partner(*, partner: Partner, order: Order, at: datetime, actor: Actor = SYSTEM) -> Ordered:
    """Queue and charge one message. An advertisement needs a consent, given earlier or with it.

    Raises SmsAccountMissing, SmsSenderInvalid, SmsNumberInvalid, ValidationFailed, SmsBalanceTooLow and SmsSendFailed,
    MessageTemplateNotFound for a template.
    """
    account = find_active_account(partner)
    if account is None:
        raise SmsAccountMissing
    if not is_sender(order.source) or order.source not in account.senders:
        raise SmsSenderInvalid
    phone = read_number(order.destination)
    if phone is None:
        raise SmsNumberInvalid
    wish, text = _times(order, at), _text(order, partner)
    is_noted = False
    if order.is_consent_given:
        is_noted = set_consent(
            actor=actor, partner=partner, phone=phone, is_given=True, source="api", proof=order.proof, at=at
        ).is_new
    latest = get_latest_consent(partner=partner, phone=phone) if order.purpose == SmsPurpose.MARKETING else None
    if not is_allowed(order.purpose, None if latest is None else latest.is_given):
        text = _("This number has not agreed to advertisements.")
        raise ValidationFailed(errors={"marketing_consent": [text]})
    message = write_down(
        partner=partner, account=account, phone=phone, text=text, purpose=order.purpose, wish=wish, at=at
    )
    return Ordered(message, is_noted)


def _times(order: Order, at: datetime) -> Wish:
    """When it is to go out and until when it is of use. Raises ValidationFailed."""
    errors: dict[str, list[str]] = {}
    scheduled = order.scheduled
    if scheduled is not None and scheduled > at + FARTHEST:
        errors["scheduled"] = [_("Must not be more than 60 days ahead.")]
    if scheduled is not None and scheduled < at - timedelta(minutes=5):
        errors["scheduled"] = [_("Must not be in the past.")]
    begin = max(at, scheduled or at)
    expires = order.validity
    if expires is None and order.minutes is not None:
        expires = begin + timedelta(minutes=order.minutes)
    if expires is not None and expires <= begin:
        errors["validity"] = [_("Must be later than the sending.")]
    if expires is not None and expires > begin + LONGEST_VALIDITY:
        errors["validity"] = [_("At most 7 days after the sending.")]
    if errors:
        raise ValidationFailed(errors=errors)
    return Wish(
        sender=order.source,
        scheduled_at=scheduled,
        expires_at=expires,
        receipt_url=order.receipt_url,
        template=order.template,
    )


def _text(order: Order, partner: Partner) -> str:
    """What it says. Raises MessageTemplateNotFound, and ValidationFailed for its variables."""
    if not order.template:
        return order.text
    if order.template in BUILT_IN:
        raise ValidationFailed(errors={"template": [_("The platform itself sends this text.")]})
    found = find_sms_text(partner=partner, code=order.template, language=order.language or partner.default_language)
    if found is None:
        raise MessageTemplateNotFound(template=order.template)
    if missing := [name for name in variables_of(found) if name not in order.variables]:
        raise ValidationFailed(errors={"variables": [_("Missing: {names}.").format(names=", ".join(missing))]})
    text = fill_sms(found, order.variables)
    if not text.strip():
        raise ValidationFailed(errors={"variables": [_("The message would be empty.")]})
    if len(text) > LONGEST_TEXT:
        raise ValidationFailed(errors={"variables": [_("The message would be longer than 1600 letters.")]})
    return text


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer that counts now, and whether it differs from the one before."""

    consent: Consent
    is_new: bool


@transaction.atomic
def set_consent(
    *, partner: Partner, phone: str, is_given: bool, source: str, proof: Proof, at: datetime, actor: Actor = SYSTEM
) -> Answered:
    """Note that a number agreed to advertisements by SMS, or no longer does. The same again keeps the first proof."""
    key = (Channel.SMS, Purpose.MARKETING, phone)
    changes = record_consents(actor=actor, partner=partner, given={key: is_given}, source=source, proof=proof, at=at)
    consent = get_latest_consent(partner=partner, phone=phone)
    assert consent is not None
    return Answered(consent, bool(changes))


def consent_facts(answered: Answered) -> dict[str, Any]:
    """The consent in the words of contract 11."""
    consent = answered.consent
    when = "consent_date" if consent.is_given else "revoked_at"
    return {
        "phone_number": consent.address,
        "consent_given": consent.is_given,
        "consent_source": consent.source,
        when: consent.given_at,
    }
