"""Whoever claims a mail or a report knows the number of its own attempt, whoever comes in between."""

from functools import partial

import pytest

from loyalty.tests.together import claimed_amid
from messaging.models import SmsReceipt
from messaging.services import emails, sms_receipts
from messaging.tests.test_emails import AT, queue
from messaging.tests.test_sms_outcomes import sent_message

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sender_that_stood_still_does_not_take_the_next_ones_number_for_its_own() -> None:
    email = queue()
    claim = partial(emails._claim, email.pk)
    mine = claimed_amid(partial(claim, AT), partial(claim, AT + emails.LEASE))
    assert mine.attempts == 1


def test_a_report_is_told_under_the_number_of_its_own_attempt() -> None:
    message = sent_message(receipt_url="https://coffee.example/r")
    told = SmsReceipt.objects.get(message=message)
    claim = partial(sms_receipts._claim, told.pk)
    mine = claimed_amid(partial(claim, AT), partial(claim, AT + sms_receipts.LEASE))
    assert mine.attempts == 1
