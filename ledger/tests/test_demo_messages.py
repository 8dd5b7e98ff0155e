"""The demo's conversations: one that is settled, one that waits, written once."""

from datetime import UTC, datetime

import pytest

from ledger.services.demo_messages import MessagesDemo
from messaging.models import Message
from messaging.selectors.messages import count_unread
from partners.tests.factories import PartnerFactory, StaffFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_demo_has_conversations_of_which_one_waits_for_each_side() -> None:
    partner = PartnerFactory()
    owner = StaffFactory(partner=partner)
    for _ in range(2):
        MessagesDemo().load(partner=partner, key="chain", at=AT, say=lambda _text: None)
    assert Message.objects.filter(thread=None).count() == 2
    assert (count_unread(partner=partner, as_platform=True), count_unread(partner=partner, as_platform=False)) == (1, 1)
    assert Message.objects.filter(is_internal=True).count() == 1
    assert {message.author for message in Message.objects.filter(is_from_platform=False)} == {owner.user}
    assert MessagesDemo().handover(partner=partner, at=AT) == {}
