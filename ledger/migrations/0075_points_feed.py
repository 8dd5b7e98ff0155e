"""Follow points entries as transactions are followed: by the database transaction that wrote them (decision 8)."""

from django.db import migrations, models

import ledger.models.transaction


class Migration(migrations.Migration):
    dependencies = [("ledger", "0065_hot_functions_use_indexes"), ("ledger", "0070_heard_partners")]

    operations = [
        migrations.AddField(
            model_name="pointsentry",
            name="xid",
            field=ledger.models.transaction.XidField(db_default=ledger.models.transaction.CurrentXid(), editable=False),
        ),
        migrations.AddIndex(
            model_name="pointsentry",
            index=models.Index(fields=["partner", "xid", "id"], name="entry_partner_feed"),
        ),
    ]
