"""SMS accounts for tests."""

from decimal import Decimal

import factory

from loyalty.services.sealing import seal
from loyalty.tests.factories import ModelFactory
from messaging.models import SmsAccount
from partners.tests.factories import PartnerFactory


class SmsAccountFactory(ModelFactory[SmsAccount]):
    """An active account that keeps its messages in the database, with ten euros; pass `password` for a connection."""

    class Meta:
        model = SmsAccount
        exclude = ("password",)

    partner = factory.SubFactory(PartnerFactory)
    account_name = factory.Sequence(lambda n: f"SMS account {n}")
    contact_name = "Ona Petraitė"
    contact_email = factory.Sequence(lambda n: f"sms{n}@partner.test")
    kind = "database"
    senders = factory.LazyFunction(lambda: ["Coffee"])
    balance = Decimal(10)
    is_active = True
    password = ""
    sealed_password = factory.LazyAttribute(lambda row: seal(row.password) if row.password else None)
