"""A sale reads by index, however small its tables were when a connection planned it (ADR 29)."""

from django.db import migrations

NAMES = ("ledger_sale_context", "ledger_sell", "ledger_record_purchase")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0061_commission_of_a_row")]
    operations = [
        migrations.RunSQL(
            [f"ALTER FUNCTION {name} SET enable_seqscan = off" for name in NAMES],
            [f"ALTER FUNCTION {name} RESET enable_seqscan" for name in NAMES],
        )
    ]
