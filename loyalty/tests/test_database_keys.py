"""The rules of ADR 29 in the database: nothing a till writes is planned outside its functions, which read by index."""

import pytest
from django.db import connection

TILL_TABLES = [
    "ledger_transaction", "ledger_transactionline", "ledger_pointsentry", "ledger_pointslot", "ledger_pointsbalance",
    "games_coupon", "games_play", "games_stampprogress", "games_stampevent",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("table", TILL_TABLES)
def test_keys_of_a_tills_tables_are_checked_by_the_statement_that_writes(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, condeferrable FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass", [table]
        )
        found = dict(cursor.fetchall())
    assert found, "the table has foreign keys"
    deferred = sorted(name for name, is_deferrable in found.items() if is_deferrable)
    assert not deferred, "a new key's migration calls loyalty.database.keys.check_at_once(table)"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "function",
    [
        *("ledger_sale_context", "ledger_sell", "ledger_record_purchase"),
        *("games_win_prize", "games_add_stamps", "games_redeem_coupon", "games_verify_coupon"),
    ],
)
def test_a_tills_function_reads_by_index(function):
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = %s", [function])
        found = cursor.fetchall()
    assert len(found) == 1, "one function of this name"
    assert "enable_seqscan=off" in (found[0][0] or []), "a migration that replaces the function lost its setting"
