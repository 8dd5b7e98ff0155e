"""The sale's functions anew: they look for offers and note what these add."""

from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parent.parent / "sql"
DROP = """
DROP FUNCTION ledger_sell;
DROP FUNCTION ledger_sale_context;
DROP FUNCTION ledger_record_purchase;
"""
FUNCTIONS = (FOLDER / "record_purchase.sql").read_text() + (FOLDER / "sell.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("ledger", "0030_points_by_offers"), ("partners", "0012_offers")]
    operations = [migrations.RunSQL(DROP + FUNCTIONS, migrations.RunSQL.noop)]
