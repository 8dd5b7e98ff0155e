"""A page of transactions says what each of them paid in commission.

The ledger does not know commission: it asks a function of its own that answers nothing until the app above replaces it
(decision 21, in the database because the page is one statement).
"""

from pathlib import Path

from django.db import migrations

HOOK = """
CREATE FUNCTION ledger_transaction_commission(p_partner bigint, p_transaction bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$ SELECT NULL::numeric $$;
"""
FUNCTIONS = (Path(__file__).resolve().parent.parent / "sql" / "transaction_page.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("ledger", "0060_feed_by_id")]
    operations = [
        migrations.RunSQL(HOOK, "DROP FUNCTION ledger_transaction_commission;"),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
