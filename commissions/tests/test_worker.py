"""Killed for real: workers and processes die by SIGKILL, brokers lose everything, and the lines are right."""

import random
from decimal import Decimal

import pytest
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from commissions.models import CommissionCursor, CommissionEntry, SyncRun
from commissions.selectors.integrity import find_drift
from commissions.services.proof import prove_lines
from commissions.tests.factories import RateFactory
from commissions.tests.months import NOW, Books, counts
from commissions.tests.test_races import wait_until_final
from commissions.tests.workers import force_elsewhere, is_waiting_for_lock, small_steps
from ledger.models import Transaction
from loyalty.tests.workers import Broker, kill, until

pytestmark = [pytest.mark.django_db(transaction=True)]
SALES = 60
ACCRUE, OF_PARTNER = "commissions.accrue", "commissions.accrue_of_partner"


@pytest.fixture
def broker() -> Broker:
    return Broker()


def shop_with_sales(count: int = SALES) -> Books:
    books = Books()
    RateFactory(partner=books.partner, percent=Decimal("4.5"))
    for number in range(count):
        books.sell(f"N{number}", "10.00", f"2026-07-{1 + number % 28:02}T09:00")
    books.refund("N0", "5.00", "2026-07-30T09:00")
    wait_until_final()
    return books


def lines_of(books: Books) -> int:
    return CommissionEntry.objects.filter(partner=books.partner).count()


def expect_all(books: Books, sales: int = SALES) -> None:
    """Every sale and refund once, and nothing to mend."""
    assert lines_of(books) == sales + 1
    assert books.total("2026-07") == (sales + 1, f"{sales * Decimal('0.45') - Decimal('0.23'):.2f}")
    runs = SyncRun.objects.filter(partner=books.partner)
    assert sum(run.created for run in runs) == sales + 1
    assert {name: rows for name, rows in find_drift(partner_id=books.partner.pk).items() if rows} == {}
    assert prove_lines(partner=books.partner, at=NOW) == []
    assert counts(books.force()) == (0, 0, 0, sales + 1)


def hold_runs(cursor: CursorWrapper) -> None:
    """Until this transaction ends, nobody can note a run: whoever synchronizes stands still with its lines written."""
    cursor.execute("LOCK TABLE commissions_syncrun IN SHARE MODE")


def test_a_worker_killed_between_and_in_its_steps_loses_nothing_and_repeats_nothing(broker: Broker) -> None:
    books = shop_with_sales()
    broker.send(OF_PARTNER, partner_id=books.partner.pk)
    with small_steps(broker) as worker:
        until(lambda: lines_of(books) > 10)
        with transaction.atomic():
            hold_runs(connections["default"].cursor())
            until(is_waiting_for_lock)
            seen = lines_of(books)
            kill(worker)
    assert 10 < seen < SALES
    until(lambda: not is_waiting_for_lock())
    assert lines_of(books) == seen == sum(run.created for run in SyncRun.objects.all())
    assert broker.put_back() == 1
    with small_steps(broker):
        until(lambda: lines_of(books) == SALES + 1)
    expect_all(books)


def test_a_forced_synchronization_killed_in_the_middle_leaves_nothing_and_the_next_does_it_all() -> None:
    books = shop_with_sales(20)
    with transaction.atomic():
        hold_runs(connections["default"].cursor())
        child = force_elsewhere(books.partner.pk, NOW.isoformat())
        until(is_waiting_for_lock)
        kill(child)
    until(lambda: not is_waiting_for_lock())
    assert (lines_of(books), SyncRun.objects.count(), CommissionCursor.objects.count()) == (0, 0, 0)
    again = force_elsewhere(books.partner.pk, NOW.isoformat())
    assert again.wait(60) == 0
    expect_all(books, 20)


def test_a_wiped_broker_and_a_killed_worker_are_made_good_by_the_schedule(broker: Broker) -> None:
    books = shop_with_sales()
    broker.send(OF_PARTNER, partner_id=books.partner.pk)
    with small_steps(broker) as worker:
        until(lambda: lines_of(books) > 10)
        broker.wipe()
        kill(worker)
    assert (broker.put_back(), lines_of(books) < SALES) == (0, True)
    with small_steps(broker):
        broker.send(ACCRUE)
        until(lambda: lines_of(books) == SALES + 1)
    expect_all(books)


def test_two_schedulers_and_two_workers_leave_one_set_of_lines(broker: Broker) -> None:
    books, other = shop_with_sales(), shop_with_sales(20)
    with small_steps(broker, concurrency=2), small_steps(broker, concurrency=2):
        for _ in range(2):
            broker.send(ACCRUE)
        until(lambda: (lines_of(books), lines_of(other)) == (SALES + 1, 21))
    assert Transaction.objects.count() == SALES + 22
    expect_all(books)
    expect_all(other, 20)


@pytest.mark.slow
def test_a_worker_killed_again_and_again_at_any_moment_gets_there(broker: Broker) -> None:
    books, chance = shop_with_sales(300), random.Random(39)
    broker.send(OF_PARTNER, partner_id=books.partner.pk)
    deaths = 0
    while (before := lines_of(books)) < 301:
        with small_steps(broker) as worker:
            more = min(before + chance.randrange(1, 60), 301)
            until(lambda more=more: lines_of(books) >= more)
            if more < 301:
                until(lambda: True, chance.random())
                kill(worker)
                deaths += 1
        broker.put_back()
        assert lines_of(books) == sum(run.created for run in SyncRun.objects.all())
    assert deaths > 3
    expect_all(books, 300)
