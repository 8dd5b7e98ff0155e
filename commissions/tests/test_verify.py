"""`verify_commissions` finds what somebody changed behind the platform's back; each seeded fault is found."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from commissions.models import CommissionEntry, CommissionPeriod, SyncRun
from commissions.services.manual import NewLine, add_line
from commissions.services.periods import lock_period
from commissions.services.statements import settle_period
from commissions.services.terms import set_terms
from commissions.tests.factories import RateFactory, clock
from commissions.tests.months import NOW, Books, examples
from loyalty.services.audit import SYSTEM
from partners.tests.factories import PartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


def verify(**options: Any) -> tuple[int, dict[str, list[Any]]]:
    """Exit code, and what broke."""
    out, code = StringIO(), 0
    try:
        call_command("verify_commissions", json=True, stdout=out, **options)
    except SystemExit as stop:
        code = int(stop.code or 0)
    answer = json.loads(out.getvalue())
    assert answer["ok"] == (code == 0)
    return code, {name: rows for name, rows in answer["drift"].items() if rows}


def _books() -> Books:
    books = examples()
    books.refund("A2", "12.50", "2026-06-12T09:00")
    books.refund("A1", "5.00", "2026-06-12T09:00")
    books.accrue()
    new = NewLine(reason="Goodwill", amount=Decimal(-1), month="2026-06")
    add_line(actor=SYSTEM, partner=books.partner, new=new, at=NOW)
    said = {"minimum": Decimal(20), "threshold": Decimal(5)}
    set_terms(actor=SYSTEM, partner=books.partner, said=said, valid_from="2026-06", at=NOW)
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-06", at=NOW)
    settle_period(actor=SYSTEM, partner=books.partner, month="2026-06", at=NOW)
    books.sell("F", "50.00", "2026-06-15T09:00")
    books.refund("B1", "40.00", "2026-07-12T09:00")
    books.accrue()
    return books


def test_sound_books_pass_with_sales_still_to_be_followed() -> None:
    books = _books()
    assert verify() == (0, {})
    books.sell("NEW", "50.00", "2026-07-15T09:00")
    lines = CommissionEntry.objects.count()
    assert verify(partner=books.partner.pk) == (0, {})
    assert (CommissionEntry.objects.count(), SyncRun.objects.count()) == (lines, 2)
    out = StringIO()
    call_command("verify_commissions", stdout=out)
    assert out.getvalue().count("ok   ") == 15
    with pytest.raises(CommandError):
        verify(partner=10**12)


FAULTS = [
    (
        "one_accrual",
        "UPDATE commissions_commissionentry SET kind = 'adjustment' WHERE kind = 'accrual' AND id = {open}",
    ),
    ("totals", "UPDATE commissions_commissionperiod SET total = total + 1 WHERE month = '2026-07'"),
    ("totals", "DELETE FROM commissions_commissionentry WHERE id = {open}"),
    ("reversals", "UPDATE commissions_commissionentry SET amount = amount - 9 WHERE kind = 'reversal' AND id = {back}"),
    ("checksums", "UPDATE commissions_commissionentry SET amount = amount + 0.01 WHERE id = {frozen}"),
    ("validity", "UPDATE commissions_commissionentry SET rate_id = {later} WHERE id = {open}"),
    ("owner", "UPDATE commissions_commissionentry SET partner_id = {other} WHERE id = {open}"),
    ("owner", "UPDATE commissions_commissionentry SET rate_id = {foreign} WHERE id = {open}"),
    ("audit", "DELETE FROM loyalty_auditevent WHERE action = 'commission.period_locked'"),
    ("audit", "DELETE FROM loyalty_auditevent WHERE action LIKE 'commission.synchronized%%'"),
    ("audit", "DELETE FROM loyalty_auditevent WHERE action = 'commission.line_added'"),
    ("owner", "UPDATE commissions_manualline SET partner_id = {other}"),
    (
        "statements",
        "UPDATE commissions_commissionperiod SET state = 'locked', settled_at = NULL WHERE month = '2026-06'",
    ),
    ("statements", "UPDATE commissions_statement SET version = version + 1"),
    ("statements", "UPDATE commissions_statement SET accruals = accruals + 1, manual = manual - 1"),
    ("extras", "UPDATE commissions_statement SET minimum = minimum + 1"),
    ("balances", "UPDATE commissions_statement SET opening = 1, closing = closing + 1"),
    ("balances", "UPDATE commissions_statement SET threshold = 1000"),
    ("numbers", "UPDATE commissions_statement SET number = 2"),
    ("numbers", "DELETE FROM loyalty_auditevent WHERE action = 'commission.statement_issued'"),
    ("lines", "UPDATE commissions_commissionentry SET amount = amount + 0.01 WHERE id = {open}"),
    ("lines", "UPDATE commissions_commissionentry SET base = 7 WHERE id = {open}"),
]


@pytest.mark.parametrize(("check", "fault"), FAULTS)
def test_a_seeded_fault_is_found(check: str, fault: str) -> None:
    books = _books()
    other = PartnerFactory()
    rows = CommissionEntry.objects.filter(partner=books.partner)
    july = rows.filter(period__month="2026-07")
    names = {
        "open": july.filter(kind="accrual").values_list("pk", flat=True)[0],
        "back": july.filter(kind="reversal").values_list("pk", flat=True)[0],
        "frozen": rows.filter(period__month="2026-06").values_list("pk", flat=True)[0],
        "later": RateFactory(partner=books.partner, category="tea", valid_from=clock("2027-01-01")).pk,
        "foreign": RateFactory(partner=other).pk,
        "other": other.pk,
    }
    assert verify() == (0, {})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(fault.format(**names).replace("%%", "%"))
        assert cursor.rowcount >= 1
        cursor.execute("SET LOCAL session_replication_role = origin")
    code, drift = verify()
    assert code == 1
    assert check in drift


def test_months_exist_only_where_lines_are() -> None:
    books = _books()
    assert sorted(CommissionPeriod.objects.values_list("month", flat=True)) == ["2026-06", "2026-07"]
    assert books.total("2026-07")[0] == 4
