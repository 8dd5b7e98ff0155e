"""Getting to know customers and changing what is known of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.choices import CustomerSource
from customers.events import CustomerRegistered, CustomerUpdated
from customers.models import Customer, Person
from customers.rules.contact import normalized_email, normalized_phone
from customers.selectors.customers import customers_of
from customers.selectors.persons import find_person
from loyalty import events
from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.choices import Channel
from messaging.services.consents import record_consents
from partners.models import Partner

IDENTIFIERS = ("email", "phone", "external_id")
FIELDS = ("name", *IDENTIFIERS, "language")
Changes = dict[str, tuple[Any, Any]]


@transaction.atomic
def create_customer(
    *,
    actor: Actor,
    partner: Partner,
    data: Mapping[str, Any],
    at: datetime,
    source: str = CustomerSource.STAFF,
    shop_id: int | None = None,
    person: Person | None = None,
) -> Customer:
    """A new customer. `data` holds FIELDS and `consents` `{channel: {purpose: bool}}`; the caller has checked the shop.

    It belongs to `person`, or to whoever has proved that the phone is theirs.
    Raises ValidationFailed, or ResourceAlreadyExists where somebody has the e-mail, phone or external id.
    """
    values = {"name": "", "language": partner.default_language, **_normalized(partner, data)}
    if not any(values.get(field) for field in ("name", *IDENTIFIERS)):
        raise ValidationFailed(
            errors={"name": [_("Give a name, an e-mail address, a phone number or an external id.")]}
        )
    customer = Customer(partner=partner, source=source, shop_id=shop_id, joined_at=at, person=person, **values)
    if person is None:
        _follow_phone(customer)
    _save(customer)
    changes = {field: (None, getattr(customer, field)) for field in FIELDS if getattr(customer, field)}
    changes |= _consent(customer, data.get("consents"), at) | {"source": (None, source)}
    _record(actor, "customer.created", customer, changes, at)
    events.publish(CustomerRegistered(partner.pk, customer.pk, shop_id, actor, at))
    return customer


@transaction.atomic
def update_customer(
    *, actor: Actor, partner: Partner, customer_id: int, data: Mapping[str, Any], at: datetime
) -> Customer:
    """Change what `data` names and nothing else; null forgets an e-mail address, phone number or external id."""
    customer = customers_of(partner).select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise ResourceNotFound
    before = audit.snapshot(customer, FIELDS)
    for field, value in _normalized(partner, data).items():
        setattr(customer, field, value)
    if not any(getattr(customer, field) for field in ("name", *IDENTIFIERS)):
        raise ValidationFailed(errors={"name": [_("Nothing would be left to know this customer by.")]})
    changes = audit.difference(before, audit.snapshot(customer, FIELDS))
    if "phone" in changes:
        _follow_phone(customer)
    if changes:
        _save(customer)
    changes |= _consent(customer, data.get("consents"), at)
    if changes:
        _record(actor, "customer.updated", customer, changes, at)
        announce_update(actor=actor, customer=customer, fields=changes, at=at)
    return customer


def announce_update(*, actor: Actor, customer: Customer, fields: Iterable[str], at: datetime) -> None:
    """Tell those who ask that these fields were changed, in the transaction that changes them."""
    events.publish(CustomerUpdated(customer.partner_id, customer.pk, tuple(fields), actor, at))


@transaction.atomic
def follow_phone(*, customer: Customer) -> Customer:
    """Give a customer, whose phone was changed elsewhere, to the person whose phone it is now."""
    locked = customers_of(customer.partner).select_for_update().get(pk=customer.pk)
    _follow_phone(locked)
    locked.save(update_fields=["person", "updated_at"])
    return locked


def _follow_phone(customer: Customer) -> None:
    """A customer belongs to the person whose verified phone this is, unless that one is known here as somebody else.

    A customer without a phone stays whose it is: the person came by logging in at the partner.
    """
    if not customer.phone:
        return
    person = find_person(customer.phone)
    if person is not None and customers_of(customer.partner).filter(person=person).exclude(pk=customer.pk).exists():
        person = None
    customer.person = person


def _normalized(partner: Partner, data: Mapping[str, Any]) -> dict[str, Any]:
    values = {field: data[field] for field in FIELDS if field in data}
    faults: dict[str, list[str]] = {}
    for field in IDENTIFIERS:
        if field in values:
            values[field] = (values[field] or "").strip() or None
    if "name" in values:
        values["name"] = (values["name"] or "").strip()
    if values.get("email"):
        values["email"] = normalized_email(values["email"])
    if values.get("phone"):
        number = normalized_phone(values["phone"], partner.country)
        if number is None:
            faults["phone"] = [_("This is no phone number.")]
        values["phone"] = number
    if "language" in values and values["language"] not in partner.languages:
        faults["language"] = [_("Must be one of: {words}.").format(words=", ".join(partner.languages))]
    if faults:
        raise ValidationFailed(errors=faults)
    return values


def _save(customer: Customer) -> None:
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        taken = _taken(customer)
        if not taken:
            raise
        text = _("Another customer has it already.")
        raise ResourceAlreadyExists(what=", ".join(taken), errors={field: [text] for field in taken}) from error


def _taken(customer: Customer) -> list[str]:
    others = customers_of(customer.partner).exclude(pk=customer.pk)
    lookups = {"email": "email__iexact", "phone": "phone", "external_id": "external_id"}
    return [
        field
        for field, lookup in lookups.items()
        if getattr(customer, field) and others.filter(**{lookup: getattr(customer, field)}).exists()
    ]


def _consent(customer: Customer, consents: Mapping[str, Mapping[str, bool]] | None, at: datetime) -> Changes:
    addresses = {Channel.EMAIL.value: customer.email, Channel.SMS.value: customer.phone}
    given = {}
    for channel, answers in (consents or {}).items():
        address = addresses.get(channel)
        if answers and not address:
            raise ValidationFailed(errors={f"consents.{channel}": [_("The customer has no address for this.")]})
        given.update({(channel, purpose, address): answer for purpose, answer in answers.items()})
    changes = record_consents(partner=customer.partner, given=given, source="partner_api", at=at)  # type: ignore[arg-type]
    return {f"consents.{channel}.{purpose}": change for (channel, purpose, _address), change in changes.items()}


def _record(actor: Actor, action: str, customer: Customer, changes: Changes, at: datetime) -> None:
    audit.record(actor=actor, action=action, target=customer, partner_id=customer.partner_id, changes=changes, at=at)
