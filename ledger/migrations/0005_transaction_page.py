"""A page of transactions as one function whose plan is kept."""

from pathlib import Path

from django.db import migrations

FUNCTIONS = (Path(__file__).resolve().parent.parent / "sql" / "transaction_page.sql").read_text()
UNDO = """
DROP FUNCTION ledger_transaction_page;
DROP FUNCTION ledger_transaction_rows;
DROP FUNCTION ledger_money;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0004_find_what_is_new"),
        ("partners", "0001_initial"),
        ("customers", "0001_initial"),
        ("loyalty", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
