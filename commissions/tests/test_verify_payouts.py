"""`verify_commissions` compares payouts, invoices and bank files with the statements that ask for them."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from commissions.models import Payout, PayoutRun
from commissions.selectors.integrity import find_drift
from commissions.selectors.payout_checks import PAYOUT_CHECKS
from commissions.services.payout_runs import NewRun, create_run, mark_run_paid
from commissions.services.payouts import issue_payout, mark_failed, mark_paid
from commissions.tests.months import NOW
from commissions.tests.payables import IBAN, payable, with_bank
from loyalty.services.audit import SYSTEM
from partners.models import Partner
from partners.tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def names(settings) -> dict[str, int]:
    """Payouts and invoices in every state: draft, paid and live in a bank file, failed, paid by hand."""
    settings.PAYMENTS = {**settings.PAYMENTS, "HOLDER": "Loyalty UAB", "IBAN": "LT601010012345678901"}
    filed, invoiced = payable("-12.30"), payable("40.00")
    failed, paid = payable("-1.10"), payable("9.00")
    for payout in (filed, failed):
        with_bank(payout.partner)
    payable("5.00")
    run = create_run(actor=SYSTEM, data=NewRun(payout_ids=[filed.pk, failed.pk]), at=NOW)
    mark_failed(actor=SYSTEM, payout=failed, reason="Account closed", at=NOW)
    mark_run_paid(actor=SYSTEM, run=run, at=NOW)
    for payout in (invoiced, paid):
        issue_payout(actor=SYSTEM, payout=payout, method="manual", at=NOW)
    mark_paid(actor=SYSTEM, payout=paid, at=NOW)
    return {"run": run.pk, "filed": filed.pk, "failed": failed.pk, "paid": paid.pk, "invoiced": invoiced.pk}


def broken(partner: Partner | None = None) -> dict[str, set[int]]:
    """Which checks of payouts find something, and at which ids."""
    found = find_drift(partner_id=None if partner is None else partner.pk)
    return {check.name: {row.subject for row in found[check.name]} for check in PAYOUT_CHECKS if found[check.name]}


def test_sound_payouts_pass(names: dict[str, int]) -> None:
    assert broken() == {}
    states = set(Payout.objects.values_list("direction", "status"))
    assert states == {
        ("payout", "paid"),
        ("payout", "failed"),
        ("invoice", "draft"),
        ("invoice", "issued"),
        ("invoice", "paid"),
    }


# With the checksum of what was put in its place.
FORGED = "(file, checksum) = (SELECT f, encode(sha256(f::bytea), 'hex') FROM replace(file, '12.30', '99.30') AS f)"
FAULTS = [
    ("payouts", "UPDATE commissions_payout SET amount = amount + 0.01 WHERE id = {invoiced}"),
    ("payouts", "UPDATE commissions_payout SET currency = 'USD' WHERE id = {invoiced}"),
    ("payouts", "UPDATE commissions_payout SET direction = 'payout' WHERE id = {invoiced}"),
    ("payouts", "UPDATE commissions_payout SET partner_id = {other} WHERE id = {invoiced}"),
    ("payouts", "DELETE FROM commissions_payout WHERE id = {invoiced}"),
    ("payouts", "UPDATE commissions_payout SET status = 'issued', paid_at = NULL WHERE id = {paid}"),
    ("payouts", "UPDATE commissions_statement SET status = 'issued', settled_at = NULL WHERE status = 'settled'"),
    ("bank_files", "UPDATE commissions_payoutrun SET total = total + 1 WHERE id = {run}"),
    ("bank_files", "UPDATE commissions_payoutrun SET file = replace(file, '12.30', '99.30') WHERE id = {run}"),
    ("bank_files", f"UPDATE commissions_payoutrun SET {FORGED} WHERE id = {{run}}"),
    ("bank_files", "UPDATE commissions_payoutrunitem SET iban = 'LT601010012345678901' WHERE payout_id = {filed}"),
    ("bank_files", "UPDATE commissions_payout SET method = 'manual' WHERE id = {filed}"),
    ("bank_files", "DELETE FROM commissions_payoutrunitem WHERE payout_id = {failed}"),
    ("bank_files", "UPDATE commissions_payoutrunitem SET amount = 12.31 WHERE payout_id = {filed}"),
    ("bank_files", "UPDATE commissions_payoutrunitem SET is_live = true WHERE payout_id = {failed}"),
    ("payout_numbers", "UPDATE commissions_payout SET number = 'IN-000009' WHERE id = {paid}"),
    ("payout_numbers", "UPDATE commissions_payoutseries SET last = last + 1 WHERE direction = 'payout'"),
    ("payout_numbers", "DELETE FROM loyalty_auditevent WHERE action = 'commission.payout_paid'"),
    ("payout_numbers", "DELETE FROM loyalty_auditevent WHERE action = 'commission.payout_created'"),
]


@pytest.mark.parametrize(("check", "fault"), FAULTS)
def test_a_seeded_fault_of_a_payout_is_found(names: dict[str, int], check: str, fault: str) -> None:
    other = PartnerFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(fault.format(**names, other=other.pk))
        assert cursor.rowcount >= 1
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert check in broken()


def test_one_partners_payouts_are_proved_alone(names: dict[str, int]) -> None:
    invoiced = Payout.objects.get(pk=names["invoiced"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE commissions_payout SET amount = amount + 1 WHERE id = %s", [invoiced.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert broken(invoiced.partner) == {"payouts": {invoiced.statement_id}}
    assert broken(PartnerFactory()) == {}


def test_each_finding_names_its_rows_and_both_figures(names: dict[str, int]) -> None:
    filed, invoiced = (Payout.objects.get(pk=names[name]) for name in ("filed", "invoiced"))
    run = PayoutRun.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE commissions_payout SET amount = 41 WHERE id = %s", [invoiced.pk])
        cursor.execute("UPDATE commissions_payoutrunitem SET amount = 12.31 WHERE payout_id = %s", [filed.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    found = find_drift(partner_id=None)
    assert [(row.subject, row.detail) for row in found["payouts"]] == [
        (
            invoiced.statement_id,
            f"asks for 40.0000 EUR, issued; {invoiced.number} is invoice 41.0000 EUR, issued",
        )
    ]
    assert {row.detail for row in found["bank_files"]} == {
        f"{run.message_id} says 2 payments, 13.4000; has 2, 13.4100",
        f"{run.message_id} pays 12.30 to {IBAN} of {filed.number} in its file, and  to  of  by its rows",
        f"{run.message_id} pays  to  of  in its file, and 12.3100 to {IBAN} of {filed.number} by its rows",
        f"{run.message_id}, live, pays 12.3100 of 12.3000 for {filed.number}, which is paid by bank_file",
    }
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_commissions", stdout=out)
    assert "DRIFT  payouts: " in out.getvalue()
    assert f"{invoiced.statement_id}: asks for 40.0000 EUR" in out.getvalue()
