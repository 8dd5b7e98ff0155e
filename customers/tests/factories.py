"""Customers for tests."""

from datetime import UTC, datetime

import factory

from customers.models import Customer
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
