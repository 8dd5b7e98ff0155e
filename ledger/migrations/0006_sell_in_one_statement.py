"""Reading what a sale needs and recording it, as functions whose plans are kept."""

from pathlib import Path

from django.db import migrations

FUNCTIONS = (Path(__file__).resolve().parent.parent / "sql" / "sell.sql").read_text()
UNDO = """
DROP FUNCTION ledger_sell;
DROP FUNCTION ledger_sale_context;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_transaction_page"),
        ("partners", "0001_initial"),
        ("customers", "0003_shared_identity"),
        ("cards", "0003_shared_identity"),
    ]
    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
