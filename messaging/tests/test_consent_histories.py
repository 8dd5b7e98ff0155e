"""Whatever is said, sent, broken and repeated in whatever order: no marketing to somebody who does not agree (H4)."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from messaging.tests.consent_histories import (
    EMAIL_PLAN,
    SMS_PLAN,
    EmailHistories,
    Histories,
    Plan,
    SmsHistories,
    accounts_for,
    histories,
)
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
FEW, MANY = 40, 10_000
# So that a run shows how far it is: a part takes four minutes beside others.
PARTS = range(4)


@pytest.fixture(autouse=True)
def ways_out(settings: Any) -> None:
    settings.EMAIL_BACKEND = "messaging.tests.consent_histories.Post"
    settings.SMS_GATEWAY = "messaging.tests.consent_histories.Phones"


def prove(plan: Plan, begin: Callable[[], Histories], count: int) -> None:
    """Run so many histories, each undone at its end; and see that they were about something."""
    seen = {"histories": 0, "sent": 0, "held back": 0}

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=count == FEW,  # so few may by chance never come to a refusal; the many are others each time
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(histories(plan))
    def run(history: Sequence[tuple[Any, ...]]) -> None:
        with transaction.atomic():
            machine = begin()
            machine.run(history)
            transaction.set_rollback(True)
        seen["histories"] += 1
        seen["sent"] += machine.sent
        seen["held back"] += machine.held_back

    run()
    assert seen["histories"] >= count
    assert seen["sent"] > count // 3
    assert seen["held back"] > count // 30


def prove_emails(count: int) -> None:
    partners = [PartnerFactory(), PartnerFactory()]
    prove(EMAIL_PLAN, lambda: EmailHistories(partners), count)


def prove_sms(count: int) -> None:
    accounts = accounts_for()
    prove(SMS_PLAN, lambda: SmsHistories(accounts), count)


def test_no_mail_of_marketing_reaches_somebody_who_does_not_agree() -> None:
    prove_emails(FEW)


def test_no_advertisement_by_sms_reaches_somebody_who_does_not_agree() -> None:
    prove_sms(FEW)


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_no_mail_of_marketing_in_ten_thousand_histories(part: int) -> None:
    prove_emails(MANY // len(PARTS))


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_no_advertisement_by_sms_in_ten_thousand_histories(part: int) -> None:
    prove_sms(MANY // len(PARTS))
