"""The sale's function anew: an offer may be for the cards of some programmes only."""

from pathlib import Path

from django.db import migrations

SELL = (Path(__file__).resolve().parent.parent / "sql" / "sell.sql").read_text()
_START = SELL.index("CREATE FUNCTION ledger_sale_context(")
_END = SELL.index("\n$$;", _START) + len("\n$$;")
# What calls it stays, and its own settings are in its head.
CONTEXT = SELL[_START:_END].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0080_keys_checked_at_once"), ("partners", "0022_offers_of_programmes")]
    operations = [migrations.RunSQL(CONTEXT, migrations.RunSQL.noop)]
