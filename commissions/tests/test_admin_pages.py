"""Closing months in the back office."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commissions.models import CommissionPeriod
from commissions.tests.months import examples
from loyalty.models import AuditEvent
from loyalty.tests.factories import AdminFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def _act(what: str, period: CommissionPeriod) -> str:
    return reverse(f"admin:commissions_commissionperiod_{what}", args=[period.pk])


def test_a_month_is_locked_and_unlocked_with_a_reason_after_a_page_that_says_what_changes(boss: Client) -> None:
    books = examples()
    books.accrue()
    period = CommissionPeriod.objects.get(month="2026-06")

    def ask(what: str, **sent: Any) -> str:
        answer = boss.post(_act(what, period), sent) if sent else boss.get(_act(what, period))
        period.refresh_from_db()
        return answer.content.decode()

    asked = ask("lock")
    assert "15.64" in asked
    assert "2026-06" in asked
    assert period.is_open
    ask("lock", reason="")
    assert period.is_open
    ask("lock", reason="June is over")
    assert (period.state, period.reason) == ("locked", "June is over")
    assert boss.get(_act("lock", period)).status_code == 404
    ask("unlock", reason="A refund was missing")
    assert (period.state, period.version) == ("open", 2)
    audited = AuditEvent.objects.filter(action__startswith="commission.period").order_by("pk")
    assert [(event.action, event.reason, event.actor_kind) for event in audited] == [
        ("commission.period_locked", "June is over", "admin"),
        ("commission.period_unlocked", "A refund was missing", "admin"),
    ]


def test_an_earlier_month_is_not_unlocked_before_a_later_one(boss: Client) -> None:
    books = examples()
    books.accrue()
    for month in ("2026-06", "2026-07"):
        boss.post(_act("lock", CommissionPeriod.objects.get(month=month)), {"reason": "closed"})
    june = CommissionPeriod.objects.get(month="2026-06")
    assert "a later month is locked" in boss.post(_act("unlock", june), {"reason": "mistake"}).content.decode()
    june.refresh_from_db()
    assert not june.is_open
