"""Card programmes and issued cards for tests. Points belong to the ledger: see ledger/tests/factories.py."""

from datetime import UTC, datetime

import factory

from cards.models import Card, IssuedCard
from customers.tests.factories import CustomerFactory
from loyalty.tests.factories import ModelFactory
from partners.tests.factories import PartnerFactory


class CardFactory(ModelFactory[Card]):
    """One point per 1.00, issued to every new customer, valid everywhere."""

    class Meta:
        model = Card

    partner = factory.SubFactory(PartnerFactory)
    title = factory.Sequence(lambda n: {"en": f"Card {n}", "lt": f"Kortelė {n}"})


class IssuedCardFactory(ModelFactory[IssuedCard]):
    """An active card of a customer; programme and customer belong to the same partner."""

    class Meta:
        model = IssuedCard

    partner = factory.SubFactory(PartnerFactory)
    card = factory.SubFactory(CardFactory, partner=factory.SelfAttribute("..partner"))
    customer = factory.SubFactory(CustomerFactory, partner=factory.SelfAttribute("..partner"))
    number = factory.Sequence(lambda n: f"{n // 1_000_000:03}-{n // 1_000 % 1_000:03}-{n % 1_000:03}")
    issued_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
