"""Statements: drafted with the lock, chained by their balances, issued in order, settled."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from commissions.errors import CommissionPeriodOpen, CommissionStatementIssued, EarlierStatementDraft
from commissions.models import CommissionPeriod, CommissionTerms, Statement
from commissions.selectors.statements import statements_of
from commissions.services.periods import lock_period, unlock_period
from commissions.services.statements import issue_statement, settle_period, settle_statement
from commissions.tests.factories import RateFactory
from commissions.tests.months import NOW, Books, examples
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


def lock(books: Books, month: str) -> Statement:
    lock_period(actor=SYSTEM, partner=books.partner, month=month, at=NOW)
    return statements_of(partner=books.partner).get(month=month)


def terms(books: Books, **said: Any) -> CommissionTerms:
    return CommissionTerms.objects.create(partner=books.partner, valid_from="2026-01", actor_kind="system", **said)


def figures(statement: Statement) -> tuple[str, str, str, str]:
    """opening, total, settled, closing."""
    statement.refresh_from_db()
    names = ("opening", "total", "settled", "closing")
    return tuple(f"{getattr(statement, name):.2f}" for name in names)  # type: ignore[return-value]


def test_a_lock_drafts_a_statement_of_the_parts_of_its_lines() -> None:
    books = examples()
    books.accrue()
    lock(books, "2026-06")
    books.sell("F1", "50.00", "2026-06-15T09:00")
    books.refund("A1", "19.99", "2026-07-20T09:00")
    books.accrue()
    july = lock(books, "2026-07")
    parts = (july.accruals, july.late_accruals, july.reversals, july.adjustments, july.manual)
    assert [f"{part:.2f}" for part in parts] == ["4.55", "2.00", "-0.80", "0.00", "0.00"]
    assert (july.lines, july.status, july.number, july.version) == (4, "draft", None, 1)
    assert figures(july) == ("0.00", "5.75", "5.75", "0.00")


def test_below_the_threshold_a_balance_is_carried_and_a_negative_one_too() -> None:
    books = Books().with_rates()
    terms(books, threshold=10)
    books.sell("A", "100.00", "2026-06-10T09:00")
    books.sell("B", "50.00", "2026-07-10T09:00")
    books.accrue()
    june, july = lock(books, "2026-06"), lock(books, "2026-07")
    assert figures(june) == ("0.00", "4.00", "0.00", "4.00")
    assert figures(july) == ("4.00", "2.25", "0.00", "6.25")
    books.sell("C", "100.00", "2026-08-02T09:00")
    august = lock(books, "2026-08")
    assert figures(august) == ("6.25", "4.50", "10.75", "0.00")
    other = Books()
    RateFactory(partner=other.partner, percent=4)
    other.sell("A", "100.00", "2026-06-10T09:00")
    other.accrue()
    assert figures(lock(other, "2026-06")) == ("0.00", "4.00", "4.00", "0.00")
    other.refund("A", "100.00", "2026-07-10T09:00")
    assert figures(lock(other, "2026-07")) == ("0.00", "-4.00", "0.00", "-4.00")
    other.sell("B", "200.00", "2026-08-02T09:00")
    assert figures(lock(other, "2026-08")) == ("-4.00", "8.00", "4.00", "0.00")


def test_a_negative_balance_is_paid_out_where_that_was_agreed() -> None:
    books = Books().with_rates()
    terms(books, pays_out=True)
    books.sell("A", "100.00", "2026-06-10T09:00")
    lock(books, "2026-06")
    books.refund("A", "100.00", "2026-07-10T09:00")
    assert figures(lock(books, "2026-07")) == ("0.00", "-4.00", "-4.00", "0.00")


@pytest.mark.parametrize(
    ("said", "kind", "amount", "total"),
    [
        ({"minimum": 20}, "minimum_topup", "4.36", "20.00"),
        ({"minimum": 20, "cap": 20}, "minimum_topup", "4.36", "20.00"),
        ({"cap": 10}, "cap_reduction", "-5.64", "10.00"),
        ({"cap": 10, "minimum": 10}, "cap_reduction", "-5.64", "10.00"),
        ({"minimum": Decimal("15.64"), "cap": Decimal("15.64")}, None, "0.00", "15.64"),
    ],
)
def test_a_minimum_and_a_cap_are_lines_of_their_own_that_an_unlock_takes_back(
    said: dict[str, Any], kind: str | None, amount: str, total: str
) -> None:
    books = examples()
    terms(books, **said)
    books.accrue()
    sales = books.lines()
    statement = lock(books, "2026-06")
    period = CommissionPeriod.objects.get(month="2026-06")
    extra = [line for line in books.lines() if line[2] in {"minimum_topup", "cap_reduction"}]
    assert extra == ([("", "2026-06", kind, amount)] if kind else [])
    assert [line for line in books.lines() if line not in extra] == sales
    assert (f"{period.total:.2f}", f"{statement.total:.2f}") == (total, total)
    assert f"{statement.minimum_topup + statement.cap_reduction:.2f}" == amount
    unlock_period(actor=SYSTEM, partner=books.partner, month="2026-06", reason="mistake", at=NOW)
    assert books.lines() == sales
    assert books.total("2026-06") == (7, "15.64")
    again = lock(books, "2026-06")
    assert (again.version, f"{again.total:.2f}") == (2, total)
    assert list(Statement.objects.order_by("pk").values_list("status", flat=True)) == ["withdrawn", "draft"]


def test_the_minimum_speaks_of_sales_and_not_of_what_stands_beside_them() -> None:
    books = Books().with_rates()
    terms(books, minimum=5)
    june = lock(books, "2026-06")
    assert (f"{june.minimum_topup:.2f}", june.lines) == ("5.00", 1)


def test_terms_count_from_their_month_on() -> None:
    books = Books().with_rates()
    terms(books, minimum=5)
    CommissionTerms.objects.create(partner=books.partner, valid_from="2026-07", minimum=7, actor_kind="system")
    assert [f"{lock(books, month).total:.2f}" for month in ("2026-06", "2026-07")] == ["5.00", "7.00"]


def test_numbers_are_given_in_order_and_have_no_gaps() -> None:
    one, other = examples(), Books()
    one.accrue()
    june, july, foreign = lock(one, "2026-06"), lock(one, "2026-07"), lock(other, "2026-06")
    with pytest.raises(EarlierStatementDraft):
        issue_statement(actor=SYSTEM, statement=july, at=NOW)
    numbers = [issue_statement(actor=SYSTEM, statement=each, at=NOW).number for each in (june, foreign, june, july)]
    assert numbers == [1, 2, 1, 3]
    assert AuditEvent.objects.filter(action="commission.statement_issued").count() == 3
    june.refresh_from_db()
    assert (june.status, june.shown_number, june.issued_by) == ("issued", "ST-000001", "system")


def test_an_issued_statement_stands_and_its_month_is_not_unlocked() -> None:
    books = examples()
    books.accrue()
    june = issue_statement(actor=SYSTEM, statement=lock(books, "2026-06"), at=NOW)
    with pytest.raises(CommissionStatementIssued):
        unlock_period(actor=SYSTEM, partner=books.partner, month="2026-06", reason="mistake", at=NOW)
    for change in ("total = total + 1, accruals = accruals + 1, closing = closing + 1", "status = 'draft'"):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE commissions_statement SET {change}")
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM commissions_statement")
    june.refresh_from_db()
    assert (june.status, f"{june.total:.2f}") == ("issued", "15.64")


def test_settling_ends_a_month() -> None:
    books = examples()
    books.accrue()
    with pytest.raises(CommissionPeriodOpen):
        settle_period(actor=SYSTEM, partner=books.partner, month="2026-06", at=NOW)
    june = lock(books, "2026-06")
    settled = settle_period(actor=SYSTEM, partner=books.partner, month="2026-06", reason="by bank", at=NOW)
    assert (settled.status, settled.number, settled.settled_by) == ("settled", 1, "system")
    period = CommissionPeriod.objects.get(month="2026-06")
    assert (period.state, period.settled_at) == ("settled", NOW)
    assert settle_statement(actor=SYSTEM, statement=june, at=NOW).settled_at == NOW
    audited = AuditEvent.objects.filter(target_type="commissions.statement").order_by("pk")
    assert [(event.action, event.reason) for event in audited] == [
        ("commission.statement_issued", ""),
        ("commission.statement_settled", "by bank"),
    ]


def test_a_statement_that_asks_for_nothing_is_settled_when_it_is_issued() -> None:
    books = Books().with_rates()
    terms(books, threshold=100)
    books.sell("A", "100.00", "2026-06-10T09:00")
    june = issue_statement(actor=SYSTEM, statement=lock(books, "2026-06"), at=NOW)
    assert (june.status, f"{june.closing:.2f}") == ("settled", "4.00")
    assert figures(lock(books, "2026-07")) == ("4.00", "0.00", "0.00", "4.00")


def test_drafts_follow_each_other_in_whatever_order_months_are_locked() -> None:
    books = Books().with_rates()
    terms(books, threshold=100)
    for month in ("06", "07"):
        books.sell(month, "100.00", f"2026-{month}-10T09:00")
    july, june = lock(books, "2026-07"), lock(books, "2026-06")
    assert (figures(june), figures(july)) == (("0.00", "4.00", "0.00", "4.00"), ("4.00", "4.50", "0.00", "8.50"))
    unlock_period(actor=SYSTEM, partner=books.partner, month="2026-07", reason="mistake", at=NOW)
    assert figures(june)[3] == "4.00"
    issue_statement(actor=SYSTEM, statement=june, at=NOW)
    may = lock(books, "2026-05")
    assert figures(may) == ("4.00", "0.00", "0.00", "4.00")
