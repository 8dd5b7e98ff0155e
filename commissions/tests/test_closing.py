"""Months that close themselves: in each partner's zone, never those that ended before it was switched on."""

from typing import Any

import pytest

from commissions.models import CommissionPeriod, Statement
from commissions.selectors.closing import get_due, list_partners_that_close_across_partners
from commissions.services.closing import close_due_months
from commissions.services.periods import lock_partner, lock_period
from commissions.services.terms import set_terms
from commissions.tests.factories import instant
from commissions.tests.months import Books, examples
from loyalty.services.audit import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


def agree(books: Books, at: str, **said: Any) -> None:
    said = {"close_policy": "automatic", "close_after_days": 5, **said}
    set_terms(actor=SYSTEM, partner=books.partner, said=said, valid_from=None, at=instant(at))


def close(books: Books, at: str) -> list[str]:
    return close_due_months(partner=books.partner, at=instant(at))


def closed(books: Books) -> list[tuple[str, str]]:
    rows = CommissionPeriod.objects.filter(partner=books.partner).exclude(state="open").order_by("month")
    return list(rows.values_list("month", "state"))


def test_months_that_ended_before_it_was_switched_on_are_left_alone() -> None:
    books = examples()
    books.accrue()
    agree(books, "2026-07-10T09:00")
    # 5 August 23:59:59 in Vilnius, then midnight.
    assert close(books, "2026-08-05T20:59:59") == []
    assert close(books, "2026-08-05T21:00:00") == ["ST-000001"]
    assert closed(books) == [("2026-07", "locked")]
    assert close(books, "2026-08-20T09:00") == []
    assert Statement.objects.get().issued_by == "system"
    assert close(books, "2026-09-06T09:00") == ["ST-000002"]
    assert [month for month, _state in closed(books)] == ["2026-07", "2026-08"]


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Pacific/Auckland", "2026-10-31T10:59:59", "2026-10-31T11:00:00"),
        ("America/New_York", "2026-11-01T03:59:59", "2026-11-01T04:00:00"),
        ("Europe/Vilnius", "2026-10-31T21:59:59", "2026-10-31T22:00:00"),
    ],
)
def test_a_month_ends_at_the_partners_own_midnight(zone: str, before: str, after: str) -> None:
    books = Books(time_zone=zone)
    agree(books, "2026-10-15T09:00", close_after_days=0)
    assert get_due(partner=books.partner, at=instant(before)).months == []
    assert get_due(partner=books.partner, at=instant(after)).months == ["2026-10"]


def test_days_are_counted_on_the_partners_clock_over_a_change_of_it() -> None:
    books = Books(time_zone="America/New_York")
    agree(books, "2026-10-15T09:00", close_after_days=3)
    # The clocks go back on 1 November: midnight of 4 November is 5 hours behind UTC, not 4.
    assert get_due(partner=books.partner, at=instant("2026-11-04T04:59:59")).months == []
    assert get_due(partner=books.partner, at=instant("2026-11-04T05:00:00")).months == ["2026-10"]


def test_switching_it_off_and_on_again_begins_anew() -> None:
    books = Books()
    agree(books, "2026-06-10T09:00")
    agree(books, "2026-07-01T09:00", close_policy="by_hand")
    assert close(books, "2026-08-20T09:00") == []
    agree(books, "2026-08-20T09:00")
    assert close(books, "2026-08-20T09:00") == []
    assert close(books, "2026-09-10T09:00") == ["ST-000001"]
    assert closed(books) == [("2026-08", "settled")]


def test_nothing_is_closed_by_hand_or_while_the_partner_is_locked() -> None:
    by_hand, locked = Books(), Books()
    agree(locked, "2026-07-10T09:00")
    lock_partner(actor=SYSTEM, partner=locked.partner, reason="audit", at=instant("2026-07-20T09:00"))
    assert close(by_hand, "2026-09-10T09:00") == close(locked, "2026-09-10T09:00") == []
    assert closed(by_hand) == closed(locked) == []
    assert list_partners_that_close_across_partners() == [locked.partner.pk]


def test_drafts_wait_for_an_older_one_that_is_left_to_people() -> None:
    books = examples()
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-06", at=instant("2026-07-03T09:00"))
    agree(books, "2026-07-10T09:00")
    assert close(books, "2026-08-06T09:00") == []
    assert closed(books) == [("2026-06", "locked"), ("2026-07", "locked")]
    assert list(Statement.objects.values_list("status", flat=True)) == ["draft", "draft"]


def test_what_was_cut_off_between_lock_and_issue_is_finished_by_the_next_run() -> None:
    books = examples()
    agree(books, "2026-07-10T09:00")
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-07", at=instant("2026-08-06T09:00"))
    assert close(books, "2026-08-06T09:05") == ["ST-000001"]
