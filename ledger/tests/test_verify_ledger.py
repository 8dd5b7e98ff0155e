"""`verify_ledger` proves a sound ledger and finds each kind of drift; the ledger itself cannot be rewritten."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ledger.models import PointsEntry, Transaction
from ledger.selectors.integrity import CHECKS, find_drift
from ledger.tests.factories import Till, assert_sound, issued_card_of

pytestmark = pytest.mark.django_db


def world() -> Till:
    """Every kind of movement once."""
    till = Till(initial_bonus_points=500, points_expiration_days=365)
    other = till.customer(300)
    cart = [{"price": 60, "category": "food"}, {"price": 40}]
    sale = till.sale("A", user_email="a@example.lt", order_total=100, points_redeemed=200, cart_items=cart).ok()
    till.refund("A", order_total=30).ok()
    till.sale("B", order_total=10).ok()
    till.adjust(issued_card_of(other), -50)
    assert sale["points_balance"] == 398
    return till


# Each is a wrong that only somebody with the database in hand could do.
FAULTS = {
    "balance": "UPDATE ledger_pointsbalance SET balance = balance + 1 WHERE balance > 0",
    "lots": "UPDATE ledger_pointslot SET remaining = remaining - 1 WHERE remaining = points",
    "totals": "UPDATE ledger_pointsbalance SET redeemed = redeemed + 1",
    "owner": """UPDATE ledger_pointsbalance SET customer_id =
                (SELECT max(id) FROM customers_customer c WHERE c.id <> ledger_pointsbalance.customer_id)""",
    "expiry": "UPDATE ledger_pointsbalance SET next_expiry_at = next_expiry_at + interval '1 second'",
    "sale_points": "UPDATE ledger_transaction SET points_awarded = points_awarded + 1 WHERE amount = 98",
    "reversals": "UPDATE ledger_transaction SET order_total = 101, amount = 99.01 WHERE type = 'refund'",
    "money": "UPDATE ledger_transaction SET amount = amount - 0.01 WHERE order_id = 'A' AND type = 'purchase'",
    "offers": "UPDATE ledger_transaction SET bonus_offer_id = 1 WHERE order_id = 'B'",
    "lines": "UPDATE ledger_transaction SET items_count = items_count + 1 WHERE order_id = 'B'",
}
# The same promises broken in other ways.
OTHER_CARD = "(SELECT max(id) FROM cards_issuedcard i WHERE i.id <> issued_card_id)"
COPY_OF_A_ROW = """
    INSERT INTO ledger_pointsentry
    SELECT (jsonb_populate_record(e, '{"id": 999999, "business_key": "x"}')).*
    FROM ledger_pointsentry e WHERE kind = 'earn'
"""
MORE_FAULTS = [
    ("balance", "DELETE FROM ledger_pointsentry WHERE kind = 'redeem'"),
    ("balance", "UPDATE ledger_pointsentry SET points = points + 1 WHERE kind = 'earn'"),
    ("balance", COPY_OF_A_ROW),
    ("lots", "DELETE FROM ledger_pointslot"),
    ("totals", "UPDATE ledger_pointsbalance SET earned = earned + 1"),
    ("totals", "UPDATE ledger_pointsbalance SET expired = expired + 1"),
    ("totals", "UPDATE ledger_pointsentry SET kind = 'adjust' WHERE kind = 'earn'"),
    ("owner", "DELETE FROM ledger_pointsbalance WHERE balance = 750"),
    ("owner", "UPDATE ledger_pointsentry SET partner_id = partner_id + 1 WHERE kind = 'earn'"),
    ("owner", "UPDATE ledger_pointslot SET partner_id = partner_id + 1"),
    ("expiry", "UPDATE ledger_pointsbalance SET next_expiry_at = NULL"),
    ("sale_points", "UPDATE ledger_transaction SET points_redeemed = 0 WHERE order_id = 'A' AND type = 'purchase'"),
    ("sale_points", "UPDATE ledger_pointsentry SET transaction_id = NULL WHERE kind = 'take_back'"),
    ("owner", f"UPDATE ledger_pointsentry SET issued_card_id = {OTHER_CARD} WHERE kind = 'earn'"),
    ("owner", f"UPDATE ledger_pointslot SET issued_card_id = {OTHER_CARD}"),
    ("owner", f"UPDATE ledger_transaction SET issued_card_id = {OTHER_CARD} WHERE order_id = 'A'"),
    ("reversals", "UPDATE ledger_transaction SET points_awarded = 1000 WHERE type = 'refund'"),
    ("reversals", "UPDATE ledger_transaction SET points_redeemed = 1000 WHERE type = 'refund'"),
    ("reversals", "UPDATE ledger_transaction SET partner_id = partner_id + 1 WHERE type = 'refund'"),
    ("reversals", "UPDATE ledger_transaction SET points_discount_amount = 3 WHERE type = 'refund'"),
    ("reversals", f"UPDATE ledger_transaction SET issued_card_id = {OTHER_CARD} WHERE type = 'refund'"),
    ("reversals", "UPDATE ledger_transaction SET bonus_points = 1, bonus_offer_id = 1 WHERE type = 'refund'"),
    ("lines", "DELETE FROM ledger_transactionline WHERE number = 2"),
]


def seed(sql: str) -> None:
    with connection.cursor() as cursor:
        # Past the append-only trigger and the foreign keys.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        assert cursor.rowcount > 0
        cursor.execute("SET LOCAL session_replication_role = origin")


def verify(*arguments: str) -> tuple[int, str]:
    """Exit code and output of the command, without its own transaction settings (a test is inside one already)."""
    out = io.StringIO()
    try:
        call_command("verify_ledger", *arguments, stdout=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert list(FAULTS) == [check.name for check in CHECKS]


def test_a_sound_ledger_has_no_drift() -> None:
    world()
    assert_sound()
    assert find_drift() == {check.name: [] for check in CHECKS}


@pytest.mark.parametrize(("check", "sql"), [*FAULTS.items(), *MORE_FAULTS])
def test_each_wrong_is_found(check: str, sql: str) -> None:
    till, other = world(), Till()
    seed(sql)
    found = find_drift()
    assert found[check], {name: rows for name, rows in found.items() if rows}
    assert found[check][0].check == check
    assert found[check][0].detail
    if "partner_id + 1" not in sql:
        assert find_drift(partner_id=till.partner.pk)[check]
        assert not any(find_drift(partner_id=other.partner.pk).values())


@pytest.mark.django_db(transaction=True)
def test_the_command_exits_0_for_a_sound_ledger_and_1_for_every_fault() -> None:
    till = world()
    code, out = verify()
    assert (code, out.count("ok   "), "DRIFT" in out) == (0, len(CHECKS), False)
    code, out = verify("--json")
    report = json.loads(out)
    assert (code, report["ok"], report["counts"]) == (0, True, {"pointsbalance": 2, "pointsentry": 8, "transaction": 3})
    assert verify("--partner", str(till.partner.pk))[0] == 0
    with pytest.raises(CommandError):
        verify("--partner", "999999")
    for check, sql in FAULTS.items():
        code, out = _with_fault(sql, lambda: verify("--json"))
        report = json.loads(out)
        assert (code, report["ok"]) == (1, False)
        assert report["drift"][check]
        code, out = _with_fault(sql, verify)
        assert (code, f"DRIFT  {check}:" in out) == (1, True)
    assert verify()[0] == 0


def _with_fault(sql: str, act: Any) -> Any:
    """What `act` sees while a fault is committed; afterwards the tables are as before."""
    tables = ("ledger_pointsbalance", "ledger_pointslot", "ledger_transaction")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = origin")
    try:
        return act()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"INSERT INTO {table} TABLE kept_{table}")
                cursor.execute(f"DROP TABLE kept_{table}")
            cursor.execute("SET session_replication_role = origin")


# --- what has happened cannot be rewritten


@pytest.mark.parametrize("table", ["ledger_pointsentry", "loyalty_auditevent"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}"])
def test_the_journal_refuses_to_be_rewritten(table: str, sql: str) -> None:
    world()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))
    assert_sound()


def test_the_database_refuses_impossible_figures() -> None:
    world()
    for sql in (
        "UPDATE ledger_pointsbalance SET balance = -1",
        "UPDATE ledger_pointsbalance SET debt = 1 WHERE balance > 0",
        "UPDATE ledger_pointslot SET remaining = -1",
        "UPDATE ledger_pointslot SET remaining = points + 1",
        "UPDATE ledger_transaction SET amount = -1",
        "UPDATE ledger_transaction SET type = 'refund' WHERE type = 'purchase'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert Transaction.objects.count() == 3
    assert PointsEntry.objects.filter(occurred_at__lte=timezone.now()).count() == 8
