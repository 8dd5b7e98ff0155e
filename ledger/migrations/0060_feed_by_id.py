"""Read the feed of new transactions by id within one transaction id: an import commits a history under one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0040_followed_partners")]

    operations = [
        migrations.RemoveIndex(
            model_name="transaction",
            name="transaction_partner_xid",
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["partner", "xid", "id"], name="transaction_partner_feed"),
        ),
    ]
