"""Which customers of partners a person is. A partner never learns of the others' (decisions 2 and 10)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from customers.choices import CustomerSource
from customers.models import Customer, Person
from customers.selectors.customers import customers_of
from customers.services.customers import create_customer
from loyalty.errors import ResourceAlreadyExists
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner


@transaction.atomic
def link_customers(*, person: Person, at: datetime) -> list[Customer]:
    """Give a person, who has just proved the phone, every customer that a partner knows under it.

    A partner that knows the person as somebody already keeps it so.
    """
    taken = Customer.objects.filter(partner=OuterRef("partner"), person=person)
    found = Customer.objects.select_for_update(of=("self",), no_key=True).filter(phone=person.phone, person=None)
    linked = list(found.exclude(Exists(taken)).order_by("pk"))
    for customer in linked:
        _link(customer, person, at)
    return linked


@transaction.atomic
def customer_of_person(*, person: Person, partner: Partner, at: datetime, shop_id: int | None = None) -> Customer:
    """What `partner` knows this person as; somebody new to it becomes its customer, without consent to marketing.

    The person gives name, phone and e-mail by logging in there. An e-mail address that they have not proved is left
    out, and so is one that the partner knows of somebody else.
    """
    # Two log-ins of one person at once wait here for each other.
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    known = _known(person, partner, at)
    if known is not None:
        return known
    data = {"name": person.name, "phone": person.phone}
    if (
        person.email
        and person.email_verified_at
        and not customers_of(partner).filter(email__iexact=person.email).exists()
    ):
        data["email"] = person.email
    if person.language in partner.languages:
        data["language"] = person.language
    try:
        with transaction.atomic():
            return create_customer(
                actor=Actor("person", person.pk),
                partner=partner,
                data=data,
                at=at,
                source=CustomerSource.APP,
                shop_id=shop_id,
                person=person,
            )
    except ResourceAlreadyExists:
        # Staff of the partner wrote the same phone down at the same moment.
        late = _known(person, partner, at)
        if late is None:
            raise
        return late


def _known(person: Person, partner: Partner, at: datetime) -> Customer | None:
    own = customers_of(partner).filter(person=person).first()
    if own is not None:
        return own
    same_phone = (
        customers_of(partner)
        .select_for_update(of=("self",), no_key=True)
        .filter(phone=person.phone, person=None)
        .first()
    )
    return None if same_phone is None else _link(same_phone, person, at)


def _link(customer: Customer, person: Person, at: datetime) -> Customer:
    customer.person = person
    customer.save(update_fields=["person", "updated_at"])
    # No partner's trail: its reader would see who of its customers uses the app elsewhere.
    audit.record(
        actor=Actor("person", person.pk),
        action="customer.linked",
        target=customer,
        changes={"person": (None, person.pk)},
        at=at,
    )
    return customer
