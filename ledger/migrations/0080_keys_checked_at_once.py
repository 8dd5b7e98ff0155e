"""Foreign keys of what a sale writes are checked inside the sale's functions (ADR 29)."""

from django.db import migrations

from loyalty.database.keys import check_at_once

TABLES = (
    "ledger_transaction", "ledger_transactionline", "ledger_pointsentry", "ledger_pointslot", "ledger_pointsbalance",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("ledger", "0075_points_feed")]
    operations = [check_at_once(*TABLES)]
