"""Lines follow sales: once each, by the rules, whoever runs and however often."""

from decimal import Decimal

import pytest

from commissions.errors import CommissionLocked, CommissionPeriodSettled, LaterPeriodLocked
from commissions.models import CommissionCursor, CommissionEntry, CommissionPeriod, SyncRun
from commissions.selectors.periods import checksum_of
from commissions.services.periods import lock_partner, lock_period, unlock_partner, unlock_period
from commissions.tests.factories import RateFactory, instant, tiers
from commissions.tests.months import EXPECTED, NOW, Books, counts, examples
from loyalty.errors import ValidationFailed
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
JUNE, JULY, AUGUST = "2026-06", "2026-07", "2026-08"


def test_the_worked_examples_and_s1_a_second_run_changes_nothing() -> None:
    books = examples()
    first = books.force()
    assert counts(first) == (9, 0, 0, 0)
    assert {order: str(amount) for order, amount in books.amounts().items()} == EXPECTED
    assert books.lines("B1", "B2") == [("B1", JUNE, "accrual", "4.00"), ("B2", JULY, "accrual", "4.50")]
    ids = list(CommissionEntry.objects.order_by("pk").values_list("pk", flat=True))
    second = books.force()
    assert counts(second) == (0, 0, 0, 9)
    assert (second.total_before, second.total_after) == (first.total_after, first.total_after)
    assert list(CommissionEntry.objects.order_by("pk").values_list("pk", flat=True)) == ids
    assert books.total(JUNE) == (7, "15.64")


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_the_schedule_ends_at_the_same_lines_in_steps_of_any_size(chunk: int) -> None:
    books = examples()
    assert books.accrue(chunk=chunk).created == 9
    assert {order: str(amount) for order, amount in books.amounts().items()} == EXPECTED
    assert books.accrue(chunk=chunk).sales == 0
    assert counts(books.force()) == (0, 0, 0, 9)
    books.sell("A9", "19.99", "2026-06-13T09:00")
    assert counts(books.accrue(chunk=chunk)) == (1, 0, 0, 0)


def test_after_a_restore_the_feed_is_read_again_from_its_beginning() -> None:
    books = examples()
    books.accrue()
    # The old server had counted further than this one.
    CommissionCursor.objects.update(feed_xid=2**62)
    books.sell("A9", "19.99", "2026-06-13T09:00")
    assert books.accrue().sales == 0
    CommissionCursor.objects.update(feed_xid=0, feed_id=0)
    assert counts(books.accrue()) == (1, 0, 0, 9)


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    books = examples()
    run = books.force(is_dry=True)
    assert (counts(run), str(run.total_after.normalize())) == ((9, 0, 0, 0), "20.19")
    assert run.diff[0]["after"] == {"kind": "accrual", "amount": "0.8"}
    for model in (CommissionEntry, CommissionPeriod, SyncRun):
        assert not model._default_manager.exists()
    assert not AuditEvent.objects.filter(action__startswith="commission").exists()


def test_d1_to_d3_refunds_in_parts_give_back_the_line() -> None:
    books = Books().with_rates()
    books.sell("D", "1.00", "2026-07-10T09:00")
    books.refund("D", "0.50", "2026-07-11T09:00")
    books.accrue()
    books.refund("D", "0.50", "2026-07-12T09:00")
    books.accrue()
    assert books.lines() == [
        ("D", JULY, "accrual", "0.05"),
        ("D", JULY, "reversal", "-0.03"),
        ("D", JULY, "reversal", "-0.02"),
    ]
    assert counts(books.force()) == (0, 0, 0, 3)
    assert books.total(JULY) == (3, "0.00")


def test_e_a_refund_of_a_locked_month_is_posted_in_its_own_at_the_old_rate() -> None:
    books = Books().with_rates()
    books.sell("E", "100.00", "2026-06-20T09:00")
    lock_period(actor=SYSTEM, partner=books.partner, month=JUNE, at=NOW)
    books.refund("E", "40.00", "2026-07-10T09:00")
    books.accrue()
    assert books.lines() == [("E", JUNE, "accrual", "4.00"), ("E", JULY, "reversal", "-1.60")]
    assert CommissionEntry.objects.get(kind="reversal").origin_month == JUNE


@pytest.mark.parametrize(("locked", "posted"), [([JUNE], JULY), ([JUNE, JULY], AUGUST)])
def test_f1_a_late_sale_is_posted_in_the_next_open_month_at_the_rate_of_its_day(locked: list[str], posted: str) -> None:
    books = Books().with_rates()
    for month in locked:
        lock_period(actor=SYSTEM, partner=books.partner, month=month, at=NOW)
    books.sell("F", "50.00", "2026-06-15T09:00")
    books.accrue()
    assert books.lines() == [("F", posted, "late_accrual", "2.00")]
    assert CommissionEntry.objects.get().origin_month == JUNE
    assert counts(books.force()) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("mode", "amounts"),
    [("marginal", ["30.00", "32.00", "157.00", "3.00"]), ("whole", ["18.00", "21.00", "120.00", "3.00"])],
)
def test_c1_to_c4_tiers_as_sales_come_in(mode: str, amounts: list[str]) -> None:
    books = Books()
    RateFactory(partner=books.partner, percent=0, mode=mode, tiers=tiers(("0", "5"), ("1000", "4"), ("5000", "3")))
    for day, amount in ((4, "100"), (2, "700"), (1, "600"), (3, "4000")):
        books.sell(f"C{day}", amount, f"2026-06-0{day}T09:00")
        books.accrue()
    assert [str(books.amounts()[f"C{day}"]) for day in (1, 2, 3, 4)] == amounts
    assert counts(books.force()) == (0, 0, 0, 4)


def test_a_late_sale_that_moves_the_tiers_of_a_locked_month_adjusts_the_next() -> None:
    books = Books()
    RateFactory(partner=books.partner, percent=0, mode="whole", tiers=tiers(("0", "5"), ("1000", "4")))
    books.sell("C1", "900", "2026-06-01T09:00")
    lock_period(actor=SYSTEM, partner=books.partner, month=JUNE, at=NOW)
    books.sell("C2", "100", "2026-06-02T09:00")
    books.accrue()
    late = [("C2", JULY, "late_accrual", "4.00"), ("C1", JULY, "adjustment", "-9.00")]
    assert sorted(books.lines()) == sorted([("C1", JUNE, "accrual", "45.00"), *late])
    assert counts(books.force()) == (0, 0, 0, 2)
    books.refund("C1", "900", "2026-07-03T09:00")
    books.accrue()
    assert books.lines("C1")[-1][1:] == (JULY, "reversal", "-36.00")


def test_decision_29_a_sale_is_split_over_the_groups_of_its_cart() -> None:
    books = Books().with_rates()
    books.sell("M", "10.00", "2026-06-10T09:00", ("coffee", "4.00"), ("cake", "8.00"))
    books.accrue()
    rows = CommissionEntry.objects.order_by("category").values_list("category", "base", "amount")
    assert list(rows) == [("cake", Decimal("6.67"), Decimal("0.27")), ("coffee", Decimal("3.33"), Decimal("0.08"))]
    books.refund("M", "10.00", "2026-06-11T09:00")
    books.accrue()
    assert books.total(JUNE) == (4, "0.00")


def test_processing_is_not_given_back() -> None:
    books = Books().with_rates()
    RateFactory(component="processing", percent=Decimal("2.9"), fixed=Decimal("0.30"))
    books.sell("P", "10.00", "2026-06-10T09:00")
    books.refund("P", "10.00", "2026-06-11T09:00")
    books.accrue()
    assert books.total(JUNE) == (3, "0.59")


def test_without_a_rate_a_line_of_nothing_warns_and_becomes_an_accrual_once_there_is_one() -> None:
    books = Books()
    books.sell("N", "10.00", "2026-06-10T09:00")
    books.accrue()
    assert books.lines() == [("N", JUNE, "no_rate", "0.00")]
    RateFactory(partner=books.partner)
    assert counts(books.force()) == (0, 1, 0, 0)
    assert books.lines() == [("N", JUNE, "accrual", "0.50")]


def test_s2_locking_twice_changes_nothing_and_a_locked_month_refuses_to_be_forced() -> None:
    books = examples()
    first = lock_period(actor=SYSTEM, partner=books.partner, month=JUNE, reason="close", at=NOW)
    assert (first.is_locked, first.lines, str(first.total)) == (True, 7, "15.64")
    period = CommissionPeriod.objects.get(month=JUNE)
    assert first.checksum == checksum_of(period=period) != ""
    again = lock_period(actor=SYSTEM, partner=books.partner, month=JUNE, at=instant("2026-08-11T09:00"))
    assert again == first
    assert AuditEvent.objects.filter(action="commission.period_locked").count() == 1
    with pytest.raises(CommissionLocked):
        books.force(JUNE)
    run = books.force()
    assert (counts(run), run.skipped_locked_periods) == ((0, 0, 0, 2), [JUNE])


def test_a_month_is_unlocked_with_a_reason_and_late_lines_come_home() -> None:
    books = examples()
    lock_period(actor=SYSTEM, partner=books.partner, month=JUNE, at=NOW)
    books.sell("F", "50.00", "2026-06-15T09:00")
    books.accrue()
    assert books.lines("F") == [("F", JULY, "late_accrual", "2.00")]
    with pytest.raises(ValidationFailed):
        unlock_period(actor=SYSTEM, partner=books.partner, month=JUNE, reason=" ", at=NOW)
    status = unlock_period(actor=SYSTEM, partner=books.partner, month=JUNE, reason="mistake", at=NOW)
    assert (status.is_locked, status.version, status.checksum) == (False, 2, None)
    books.accrue()
    assert books.lines("F") == [("F", JUNE, "accrual", "2.00")]
    assert counts(books.force()) == (0, 0, 0, 10)
    assert unlock_period(actor=SYSTEM, partner=books.partner, month=JUNE, reason="again", at=NOW).version == 2


def test_late_lines_of_an_earlier_locked_month_come_to_the_month_that_is_unlocked() -> None:
    books = Books().with_rates()
    for month in (JUNE, JULY):
        lock_period(actor=SYSTEM, partner=books.partner, month=month, at=NOW)
    books.sell("L", "100.00", "2026-06-20T09:00")
    books.accrue()
    assert books.lines() == [("L", AUGUST, "late_accrual", "4.00")]
    unlock_period(actor=SYSTEM, partner=books.partner, month=JULY, reason="again", at=NOW)
    books.accrue()
    assert books.lines() == [("L", JULY, "late_accrual", "4.00")]
    unlock_period(actor=SYSTEM, partner=books.partner, month=JUNE, reason="again", at=NOW)
    books.accrue()
    assert books.lines() == [("L", JUNE, "accrual", "4.00")]
    assert counts(books.force()) == (0, 0, 0, 1)


def test_months_are_unlocked_from_the_last_and_never_once_settled() -> None:
    books = examples()
    for month in (JUNE, JULY):
        lock_period(actor=SYSTEM, partner=books.partner, month=month, at=NOW)
    with pytest.raises(LaterPeriodLocked):
        unlock_period(actor=SYSTEM, partner=books.partner, month=JUNE, reason="mistake", at=NOW)
    CommissionPeriod.objects.filter(month=JULY).update(state="settled", settled_at=NOW)
    for act in (lock_period, unlock_period):
        with pytest.raises(CommissionPeriodSettled):
            act(actor=SYSTEM, partner=books.partner, month=JULY, reason="mistake", at=NOW)
    with pytest.raises(ValidationFailed):
        lock_period(actor=SYSTEM, partner=books.partner, month="2026-09", at=NOW)


def test_a_locked_partner_stands_still_while_it_sells_and_catches_up_afterwards() -> None:
    books = Books().with_rates()
    until = instant("2026-08-20T00:00")
    first = lock_partner(actor=SYSTEM, partner=books.partner, reason="audit", locked_until=until, at=NOW)
    later = instant("2026-08-11T09:00")
    assert lock_partner(actor=SYSTEM, partner=books.partner, at=later).locked_at == first.locked_at == NOW
    books.sell("L", "100.00", "2026-08-10T10:00")
    assert books.accrue(at=later).created == 0
    with pytest.raises(CommissionLocked):
        books.force(at=later)
    assert not CommissionEntry.objects.exists()
    assert not SyncRun.objects.exists()
    assert unlock_partner(actor=SYSTEM, partner=books.partner, reason="done", at=later).is_locked is False
    assert books.accrue(at=later).created == 1
    lock_partner(actor=SYSTEM, partner=books.partner, locked_until=until, at=later)
    books.sell("M", "100.00", "2026-08-10T11:00")
    assert books.accrue(at=until).created == 1
    assert AuditEvent.objects.filter(action="commission.lock_expired").count() == 1


def test_commission_stays_with_its_partner() -> None:
    books, other = examples(), Books()
    other.sell("A1", "19.99", "2026-06-10T09:00")
    books.force()
    assert counts(other.force()) == (1, 0, 0, 0)
    assert other.amounts() == {"A1": Decimal("1.00")}
    assert counts(books.force()) == (0, 0, 0, 9)


def test_every_run_has_one_line_in_the_audit_trail_with_its_totals() -> None:
    books = examples()
    books.force()
    books.force()
    books.accrue()
    events = AuditEvent.objects.filter(action__startswith="commission.synchronized").order_by("pk")
    assert [event.changes["total"] for event in events] == [["0", "20.1900"], ["20.1900", "20.1900"]]
    assert SyncRun.objects.count() == 2
