"""What a person sees of themselves."""

from datetime import datetime
from typing import Any

from customers.models import Customer, Person
from customers.selectors.persons import list_customers_of_person
from loyalty.contributions import Subject, export_subject, read_figures
from loyalty.errors import ResourceNotFound
from partners.models import Partner

EXPORTED = (
    "id",
    "phone",
    "name",
    "email",
    "email_verified_at",
    "language",
    "preferences",
    "phone_verified_at",
    "last_login_at",
)


def get_view(*, person: Person, partner: Partner | None) -> Customer | None:
    """The customer that the person is to `partner`; None where no partner is meant. Raises ResourceNotFound."""
    if partner is None:
        return None
    customer = list_customers_of_person(person=person, partner=partner).first()
    if customer is None:
        raise ResourceNotFound
    return customer


def get_statistics(*, person: Person, partner: Partner | None, at: datetime) -> dict[str, Any]:
    """Figures of a person, everywhere or at one partner, by every app that knows some."""
    customers = list(list_customers_of_person(person=person, partner=partner))
    return read_figures("person.statistics", customers=customers, at=at)


def subject_of(person: Person) -> Subject:
    """The person with all their customers, by every address that they go by."""
    customer_ids: dict[int, tuple[int, ...]] = {}
    known: dict[int, frozenset[str]] = {}
    for customer in list_customers_of_person(person=person).order_by("pk"):
        partner_id = customer.partner_id
        customer_ids[partner_id] = (*customer_ids.get(partner_id, ()), customer.pk)
        addresses = _given(person.phone, customer.phone, customer.email)
        known[partner_id] = known.get(partner_id, frozenset()) | addresses
    # An address that is not proved may be somebody else's, and what was sent there too.
    every = _given(person.phone, person.email if person.email_verified_at else None).union(*known.values())
    return Subject(person.pk, customer_ids, every, known, person.phone)


def _given(*addresses: str | None) -> frozenset[str]:
    return frozenset(address for address in addresses if address)


def export_person(*, person: Person) -> dict[str, Any]:
    """Everything that is known of a person, by every app."""
    own = {name: getattr(person, "pk" if name == "id" else name) for name in (*EXPORTED, "created_at")}
    return {"person": own, **export_subject(subject_of(person))}
