"""Several at once: schedulers, an administrator, tills. Committed for real, on connections of their own."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from commissions.errors import (
    CommissionLocked,
    CommissionPeriodOpen,
    CommissionPeriodSettled,
    CommissionStatementIssued,
    CommissionSyncRunning,
)
from commissions.models import CommissionEntry, CommissionPeriod, CommissionRate, CommissionTerms, Statement, SyncRun
from commissions.rules.cards import Draft
from commissions.selectors.cursors import list_partners_to_follow_across_partners
from commissions.selectors.periods import checksum_of
from commissions.services import sync
from commissions.services.closing import close_due_months
from commissions.services.locking import try_lock, wait_for_lock
from commissions.services.manual import NewLine, add_line
from commissions.services.periods import lock_period, unlock_period
from commissions.services.rates import NewCard, set_rates
from commissions.services.statements import issue_statement
from commissions.services.terms import set_terms
from commissions.tasks import accrue_of_partner
from commissions.tests.factories import RateFactory, instant
from commissions.tests.months import NOW, Books, counts
from ledger.models import Transaction
from ledger.selectors.feed import Mark, read_feed
from loyalty.errors import ResourceAlreadyExists
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> None:
    """Run every call in a thread of its own, all from the same moment."""
    barrier, faults = threading.Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            call()
        except Exception as error:  # noqa: BLE001 - told below
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def wait_until_final() -> None:
    """Until the feed tells every sale: transactions of other tests on this server hold its mark back for a moment."""
    deadline = time.monotonic() + 120
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM ledger_transaction WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())"
            )
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.05)
    pytest.fail("some transaction on this server has not ended for two minutes")


def test_a_sale_that_commits_late_is_not_skipped() -> None:
    books = Books().with_rates()
    late_began, may_commit = threading.Event(), threading.Event()

    def sell_slowly() -> None:
        with transaction.atomic():
            books.sell("SLOW", "10.00", "2026-06-10T09:00")
            late_began.set()
            may_commit.wait(60)
        connection.close()

    thread = threading.Thread(target=sell_slowly)
    thread.start()
    late_began.wait(60)
    books.sell("QUICK", "10.00", "2026-06-10T09:00")
    assert Transaction.objects.get(order_id="QUICK").pk > 0
    books.accrue()
    may_commit.set()
    thread.join()
    wait_until_final()
    books.accrue()
    assert sorted(books.amounts()) == ["QUICK", "SLOW"]
    assert counts(books.force()) == (0, 0, 0, 2)


def test_the_feed_answers_each_sale_once_in_steps_of_any_size() -> None:
    books = Books()
    ids = {books.sell(f"N{number}", "1.00", "2026-06-10T09:00").pk for number in range(7)}
    wait_until_final()
    for limit in (1, 3, 100):
        seen: list[int] = []
        mark = Mark()
        while feed := read_feed(partner_id=books.partner.pk, after=mark, limit=limit):
            if not feed.ids:
                break
            seen += feed.ids
            mark = feed.mark
        assert (len(seen), set(seen)) == (7, ids)


def test_two_schedulers_leave_one_set_of_lines() -> None:
    books = Books().with_rates()
    for number in range(20):
        books.sell(f"N{number}", "10.00", "2026-06-10T09:00")
    wait_until_final()
    assert list_partners_to_follow_across_partners() == [books.partner.pk]
    at_once(*[lambda: accrue_of_partner(partner_id=books.partner.pk)] * 4)
    accrue_of_partner(partner_id=books.partner.pk)
    assert books.total("2026-06") == (20, "8.00")
    assert list_partners_to_follow_across_partners() == []
    assert counts(books.force()) == (0, 0, 0, 20)


def test_a_run_that_dies_between_its_steps_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books().with_rates()
    for number in range(6):
        books.sell(f"N{number}", "10.00", "2026-06-10T09:00")

    class Killed(BaseException):
        pass

    steps, follow = [0], sync.follow

    def dying(**options: Any) -> Any:
        steps[0] += 1
        done = follow(**options)
        if steps[0] == 2:
            raise Killed
        return done

    wait_until_final()
    monkeypatch.setattr(sync, "follow", dying)
    with pytest.raises(Killed):
        books.accrue(chunk=2)
    monkeypatch.undo()
    assert CommissionEntry.objects.count() == 2
    books.accrue(chunk=2)
    assert books.total("2026-06") == (6, "2.40")
    assert SyncRun.objects.count() == 3


def test_a_forced_synchronization_finds_another_running() -> None:
    books = Books().with_rates()
    books.sell("N", "10.00", "2026-06-10T09:00")
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert try_lock(partner_id=books.partner.pk)
            taken.set()
            done.wait(60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(60)
    with pytest.raises(CommissionSyncRunning):
        books.force()
    assert books.accrue().created == 0
    done.set()
    thread.join()
    assert CommissionEntry.objects.count() == 0
    wait_until_final()
    assert books.accrue().created == 1


def test_a_lock_racing_fifty_sales_leaves_each_in_exactly_one_month() -> None:
    race_a_lock_against_fifty_sales()


@pytest.mark.slow
def test_a_lock_racing_fifty_sales_a_hundred_times() -> None:
    for _ in range(100):
        race_a_lock_against_fifty_sales()


def race_a_lock_against_fifty_sales() -> None:
    """Fifty tills, each a thread of its own, the schedule and the lock, all from the same moment."""
    books = Books()
    RateFactory(partner=books.partner, percent=4)

    def sell(number: int) -> None:
        books.sell(f"N{number}", "10.00", "2026-07-10T09:00")

    def keep_accruing() -> None:
        for _ in range(5):
            books.accrue(chunk=7)

    def lock() -> None:
        lock_period(actor=SYSTEM, partner=books.partner, month="2026-07", at=NOW)

    at_once(*[lambda number=number: sell(number) for number in range(50)], keep_accruing, lock)
    july = CommissionPeriod.objects.get(partner=books.partner, month="2026-07")
    checksum, frozen = july.checksum, july.lines
    wait_until_final()
    books.accrue()
    july.refresh_from_db()
    assert (july.checksum, july.lines, checksum_of(period=july)) == (checksum, frozen, checksum)
    lines = books.lines()
    assert sorted(order for order, *_rest in lines) == sorted(f"N{number}" for number in range(50))
    assert {(month, kind) for _order, month, kind, _amount in lines} <= {
        ("2026-07", "accrual"),
        ("2026-08", "late_accrual"),
    }
    assert sum(1 for line in lines if line[1] == "2026-07") == frozen
    assert counts(books.force())[:3] == (0, 0, 0)


def test_two_schedulers_close_a_month_once_and_numbers_have_no_gaps() -> None:
    every = [Books() for _ in range(3)]
    for books in every:
        RateFactory(partner=books.partner, percent=4)
        books.sell("N", "10.00", "2026-07-10T09:00")
        said = {"close_policy": "automatic", "close_after_days": 0}
        set_terms(actor=SYSTEM, partner=books.partner, said=said, valid_from="2026-07", at=instant("2026-07-20T09:00"))
    wait_until_final()
    at_once(*[lambda books=books: close_due_months(partner=books.partner, at=NOW) for books in every * 2])
    statements = Statement.objects.order_by("number")
    assert [(row.month, row.number, row.status) for row in statements] == [
        ("2026-07", number, "issued") for number in (1, 2, 3)
    ]
    assert AuditEvent.objects.filter(action="commission.period_locked").count() == 3
    assert AuditEvent.objects.filter(action="commission.statement_issued").count() == 3


def test_a_lock_racing_lines_by_hand_takes_each_in_or_refuses_it() -> None:
    books = Books()
    RateFactory(partner=books.partner, percent=4)
    refused: list[int] = []

    def write(number: int) -> None:
        new = NewLine(reason=f"N{number}", amount=Decimal(1), month="2026-07")
        try:
            add_line(actor=SYSTEM, partner=books.partner, new=new, at=NOW)
        except CommissionLocked:
            refused.append(number)

    def lock() -> None:
        lock_period(actor=SYSTEM, partner=books.partner, month="2026-07", at=NOW)

    at_once(*[lambda number=number: write(number) for number in range(8)], lock)
    july = CommissionPeriod.objects.get(month="2026-07")
    statement = Statement.objects.get()
    assert july.lines == statement.lines == 8 - len(refused)
    assert july.total == statement.manual == statement.total == Decimal(8 - len(refused))
    assert checksum_of(period=july) == july.checksum


def test_one_line_by_hand_is_taken_back_once() -> None:
    books = Books()
    line = add_line(actor=SYSTEM, partner=books.partner, new=NewLine(reason="N", amount=Decimal(1)), at=NOW)
    refused: list[str] = []

    def take_back() -> None:
        try:
            add_line(actor=SYSTEM, partner=books.partner, new=NewLine(reason="back", reverses=line.pk), at=NOW)
        except ResourceAlreadyExists as error:
            refused.append(error.code)

    at_once(*[take_back] * 4)
    assert (CommissionEntry.objects.count(), len(refused)) == (2, 3)
    assert books.total("2026-08") == (2, "0.00")


def test_unlocking_and_issuing_at_once_end_with_one_of_them() -> None:
    books = Books()
    RateFactory(partner=books.partner, percent=4)
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-07", at=NOW)
    statement = Statement.objects.select_related("partner").get()
    refused: list[str] = []

    def unlock() -> None:
        try:
            unlock_period(actor=SYSTEM, partner=books.partner, month="2026-07", reason="x", at=NOW)
        except (CommissionPeriodSettled, CommissionStatementIssued) as error:
            refused.append(error.code)

    def issue() -> None:
        try:
            issue_statement(actor=SYSTEM, statement=statement, at=NOW)
        except CommissionPeriodOpen as error:
            refused.append(error.code)

    at_once(unlock, issue)
    assert len(refused) == 1
    statement.refresh_from_db()
    is_open = CommissionPeriod.objects.get().is_open
    assert (statement.status, statement.number) == (("withdrawn", None) if is_open else ("settled", 1))


def test_two_changes_of_terms_at_once_come_one_after_the_other() -> None:
    partner = Books().partner

    def change(**said: Any) -> Callable[[], Any]:
        return lambda: set_terms(actor=SYSTEM, partner=partner, said=said, valid_from="2026-08", at=NOW)

    at_once(change(minimum=Decimal(20)), change(threshold=Decimal(5)))
    last = CommissionTerms.objects.filter(partner=partner).latest("pk")
    assert (last.minimum, last.threshold) == (20, 5), "whoever came second saw what the first had said"
    first, second = AuditEvent.objects.filter(action="commission.terms_changed").order_by("pk")
    assert len({*first.changes} & {"minimum", "threshold"}) == len({*second.changes} & {"minimum", "threshold"}) == 1


def test_two_changes_of_rates_at_once_leave_one_rate_in_force() -> None:
    partner = Books().partner

    def change(percent: int) -> Callable[[], Any]:
        card = NewCard(rates=[Draft("platform", percent=Decimal(percent))])
        return lambda: set_rates(actor=SYSTEM, partner=partner, card=card, at=NOW)

    at_once(*[change(percent) for percent in (3, 4, 5, 6)])
    in_force = CommissionRate.objects.filter(partner=partner, withdrawn_at=None, valid_to=None)
    assert in_force.count() == 1
    changes = AuditEvent.objects.filter(action__startswith="commission.rate", partner_id=partner.pk)
    assert changes.count() == 4


@pytest.mark.parametrize("limit", ["0", "7s"])
def test_only_the_wait_for_the_partners_lock_is_short(limit: str) -> None:
    """A job that waits for a row behind the lock is not cut off after the three seconds of the lock itself."""
    partner_id, is_free = 1, threading.Event()
    held = threading.Event()

    def hold() -> None:
        with transaction.atomic():
            wait_for_lock(partner_id=partner_id)
            held.set()
            assert is_free.wait(60)

    def come_second() -> None:
        assert held.wait(60)
        begun = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0")  # as jobs have it
            with pytest.raises(CommissionSyncRunning), transaction.atomic():
                wait_for_lock(partner_id=partner_id)
        assert 2.5 < time.monotonic() - begun < 15
        is_free.set()

    at_once(hold, come_second)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [limit])
        wait_for_lock(partner_id=partner_id)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == (limit,)
