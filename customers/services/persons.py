"""Persons: registering, logging in, and what they change of themselves.

Proving a code comes first and on its own (see one_time_codes); what it allows is one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from customers.choices import OtpPurpose
from customers.errors import UserBlocked, UserExists, UserNotFound
from customers.models import Customer, OneTimeCode, Person
from customers.rules.contact import normalized_email
from customers.rules.preferences import check_preferences, plain
from customers.selectors.persons import find_person
from customers.services.email_proof import ask_for_proof
from customers.services.links import customer_of_person, link_customers
from customers.services.one_time_codes import prove_code, use_code
from loyalty.errors import ValidationFailed
from loyalty.models import LoginSession
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.tokens import CUSTOMER_REALM, TokenPair, open_person_session, refresh_session
from partners.models import Partner

PROFILE = ("name", "email", "language")


@dataclass(frozen=True, slots=True)
class PersonLogin:
    """A person with fresh tokens; `customer` is what the partner that asked for it knows of them."""

    person: Person
    customer: Customer | None
    tokens: TokenPair


def log_in(*, phone: str, code: str, partner: Partner | None, at: datetime) -> PersonLogin:
    """Log the owner of `phone` in; at `partner` only, if its credentials came along.

    Raises OtpInvalid, OtpExpired, OtpMaxAttempts; only the owner of the phone learns UserNotFound or UserBlocked.
    """
    proven = prove_code(phone=phone, purpose=OtpPurpose.LOGIN, code=code, partner=partner, at=at)
    return _log_in(proven, partner, at)


@transaction.atomic
def _log_in(proven: OneTimeCode, partner: Partner | None, at: datetime) -> PersonLogin:
    use_code(proven=proven, at=at)
    person = Person.objects.select_for_update(no_key=True).filter(phone=proven.phone).first()
    if person is None:
        raise UserNotFound
    if not person.is_active:
        raise UserBlocked
    return _enter(person, partner, at)


def register(
    *, phone: str, code: str, data: Mapping[str, Any], language: str, partner: Partner | None, at: datetime
) -> PersonLogin:
    """Make a person of the owner of `phone` and log them in; `data` holds name and email.

    Raises OtpInvalid, OtpExpired, OtpMaxAttempts, ValidationFailed; only the owner of the phone learns UserExists, or
    UserBlocked where the partner has closed the account of a customer with this phone.
    """
    values = _profile({"language": language, **data})
    proven = prove_code(phone=phone, purpose=OtpPurpose.REGISTER, code=code, partner=partner, at=at)
    return _register(proven, values, partner, at)


@transaction.atomic
def _register(proven: OneTimeCode, values: dict[str, Any], partner: Partner | None, at: datetime) -> PersonLogin:
    use_code(proven=proven, at=at)
    try:
        with transaction.atomic():
            person = Person.objects.create(phone=proven.phone, phone_verified_at=at, created_at=at, **values)
    except IntegrityError as error:
        if find_person(proven.phone) is None:
            raise
        raise UserExists from error
    changes = {field: (None, getattr(person, field)) for field in ("phone", *PROFILE) if getattr(person, field)}
    _record(Actor("person", person.pk), "person.registered", person, at, changes)
    ask_for_proof(person=person, at=at)
    return _enter(person, partner, at)


def _enter(person: Person, partner: Partner | None, at: datetime) -> PersonLogin:
    link_customers(person=person, at=at)
    customer = None if partner is None else customer_of_person(person=person, partner=partner, at=at)
    if customer is not None and not customer.is_active:
        # As with a QR code at its till: the partner has closed this customer's account.
        raise UserBlocked
    # A partner's server holds these tokens: they must open nothing of the person's but what is at that partner.
    bond = None if partner is None else partner.pk
    tokens = open_person_session(person_id=person.pk, token_version=person.token_version, partner_id=bond, at=at)
    Person.objects.filter(pk=person.pk).update(last_login_at=at)
    return PersonLogin(person, customer, tokens)


def refresh(*, token: str, at: datetime) -> TokenPair:
    """The next pair of tokens of a person. Raises InvalidToken or TokenExpired."""
    return refresh_session(token=token, realm=CUSTOMER_REALM, at=at, holds=person_holds)


def person_holds(session: LoginSession) -> bool:
    """Whether the person of a session may still have tokens."""
    if session.person_id is None:
        return False
    return Person.objects.filter(pk=session.person_id, is_active=True, token_version=session.token_version).exists()


@transaction.atomic
def update_profile(*, actor: Actor, person: Person, data: Mapping[str, Any], at: datetime) -> Person:
    """Change name, e-mail or language, whichever `data` names. Raises ValidationFailed.

    A new e-mail address is to be proved by a link that is mailed to it; naming it again has another one sent.
    """
    values = _profile(data)
    locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    before = audit.snapshot(locked, PROFILE)
    for field, value in values.items():
        setattr(locked, field, value)
    changes = audit.difference(before, audit.snapshot(locked, PROFILE))
    if changes:
        if "email" in changes:
            locked.email_verified_at = None
        locked.save(update_fields=[*changes, "email_verified_at", "updated_at"])
        _record(actor, "person.updated", locked, at, changes)
    if "email" in values:
        ask_for_proof(person=locked, at=at)
    return locked


@transaction.atomic
def set_preferences(*, actor: Actor, person: Person, data: Mapping[str, Any], at: datetime) -> Person:
    """Set the keys that `data` names; null forgets one. Raises ValidationFailed where they become too many or large."""
    locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    merged = {key: value for key, value in {**locked.preferences, **plain(data)}.items() if value is not None}
    check_preferences(merged)
    if merged != locked.preferences:
        changed = sorted(key for key in merged.keys() | locked.preferences.keys() if _differs(locked, merged, key))
        locked.preferences = merged
        locked.save(update_fields=["preferences", "updated_at"])
        _record(actor, "person.preferences_changed", locked, at, {"preferences": (None, changed)})
    return locked


def _differs(person: Person, merged: Mapping[str, Any], key: str) -> bool:
    return person.preferences.get(key) != merged.get(key)


@transaction.atomic
def block_person(*, actor: Actor, person: Person, reason: str, at: datetime) -> Person:
    """Nobody enters as this person until they are unblocked; every token stops working at once."""
    return _set_active(actor, person, False, reason, at)


@transaction.atomic
def unblock_person(*, actor: Actor, person: Person, reason: str, at: datetime) -> Person:
    """The person may log in again; an erased one stays erased."""
    return _set_active(actor, person, True, reason, at)


def _set_active(actor: Actor, person: Person, is_active: bool, reason: str, at: datetime) -> Person:
    locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if locked.is_active == is_active or locked.erased_at is not None:
        return locked
    locked.is_active = is_active
    locked.save(update_fields=["is_active", "updated_at"])
    if not is_active:
        end_sessions(locked, at)
    action = "person.unblocked" if is_active else "person.blocked"
    _record(actor, action, locked, at, {"is_active": (not is_active, is_active)}, reason)
    return locked


@transaction.atomic
def log_out_everywhere(*, actor: Actor, person: Person, reason: str, at: datetime) -> Person:
    """End every session of a person, on their devices and at tills."""
    locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    end_sessions(locked, at)
    _record(actor, "person.logged_out_everywhere", locked, at, {}, reason)
    return locked


def end_sessions(person: Person, at: datetime) -> None:
    """Every token of a person stops working; the caller holds the row and its transaction."""
    Person.objects.filter(pk=person.pk).update(token_version=F("token_version") + 1)
    LoginSession.objects.filter(person_id=person.pk, revoked_at=None).update(revoked_at=at)
    person.refresh_from_db(fields=["token_version"])


def _profile(data: Mapping[str, Any]) -> dict[str, Any]:
    values = {field: data[field] for field in PROFILE if field in data}
    if "name" in values:
        values["name"] = (values["name"] or "").strip()
        if not values["name"]:
            raise ValidationFailed(errors={"name": [_("This field may not be blank.")]})
    if "email" in values:
        values["email"] = normalized_email(values["email"] or "") or None
    if "language" in values and values["language"] not in dict(settings.LANGUAGES):
        words = ", ".join(sorted(dict(settings.LANGUAGES)))
        raise ValidationFailed(errors={"language": [_("Must be one of: {words}.").format(words=words)]})
    return values


def _record(  # noqa: PLR0917 - read in one line where it is called
    actor: Actor, action: str, person: Person, at: datetime, changes: dict[str, tuple[Any, Any]], reason: str = ""
) -> None:
    audit.record(actor=actor, action=action, target=person, changes=changes, reason=reason, at=at)
