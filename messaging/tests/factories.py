"""Messages for tests."""

from datetime import UTC, datetime

import factory

from loyalty.tests.factories import ModelFactory
from messaging.models import Message, MessageTemplate
from partners.tests.factories import PartnerFactory


class MessageFactory(ModelFactory[Message]):
    """A message of the platform to a partner, not read yet."""

    class Meta:
        model = Message

    partner = factory.SubFactory(PartnerFactory)
    is_from_platform = True
    subject = factory.Sequence(lambda n: f"Subject {n}")
    text = factory.Sequence(lambda n: f"Text {n}")
    sent_at = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class MessageTemplateFactory(ModelFactory[MessageTemplate]):
    """Words of one's own in English."""

    class Meta:
        model = MessageTemplate

    code = "custom"
    language = "en"
    subject = "{{ subject }}"
    body = "Dear {{ partner_name }},\n\n{{ message }}"
