"""Find what has come since a moment, and the reversals of an order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_record_purchase")]
    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["partner", "xid"], name="transaction_partner_xid"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("type", "purchase"), _negated=True),
                fields=["partner", "order_id"],
                name="transaction_reversal_order",
            ),
        ),
    ]
