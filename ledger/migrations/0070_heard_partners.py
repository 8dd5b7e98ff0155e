"""Partners whose points somebody outside listens to are followed from the moment their endpoint is written."""

from pathlib import Path

from django.db import migrations

TRIGGER = (Path(__file__).resolve().parent.parent / "sql" / "heard_partners.sql").read_text()
UNDO = "DROP TRIGGER ledger_follow_heard_points ON messaging_webhookendpoint; DROP FUNCTION ledger_follow_heard_points;"


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0065_hot_functions_use_indexes"),
        ("messaging", "0040_webhooks"),
    ]
    operations = [migrations.RunSQL(TRIGGER, UNDO)]
