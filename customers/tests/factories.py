"""Customers for tests."""

from datetime import UTC, datetime

import factory

from customers.models import Customer, Person
from loyalty.tests.factories import ModelFactory
from partners.tests.factories import PartnerFactory


class CustomerFactory(ModelFactory[Customer]):
    """A customer known by name, e-mail and phone."""

    class Meta:
        model = Customer

    partner = factory.SubFactory(PartnerFactory)
    name = factory.Sequence(lambda n: f"Customer {n}")
    email = factory.Sequence(lambda n: f"customer{n}@example.test")
    phone = factory.Sequence(lambda n: f"+3706{n:07}")
    joined_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class PersonFactory(ModelFactory[Person]):
    """Somebody with a phone and an e-mail address that are proved to be theirs."""

    class Meta:
        model = Person

    phone = factory.Sequence(lambda n: f"+3706{n + 5_000_000:07}")
    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.test")
    email_verified_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    phone_verified_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    created_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
