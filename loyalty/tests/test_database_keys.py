"""The rule of ADR 29 in the database itself: nothing a till writes is planned outside its functions."""

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
