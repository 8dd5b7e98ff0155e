"""Each active day of a customer names the next one (ADR 65); months of customers are not needed any more."""

import datetime as dt

from django.db import migrations, models

LINK = """
UPDATE analytics_customerday AS kept SET next_on = d.next_on FROM (
    SELECT partner_id, customer_id, local_on,
           lead(local_on) OVER (PARTITION BY partner_id, customer_id ORDER BY local_on) AS next_on
    FROM analytics_customerday WHERE is_active
) AS d
WHERE kept.partner_id = d.partner_id AND kept.customer_id = d.customer_id AND kept.local_on = d.local_on
  AND d.next_on IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_customer_months")]

    operations = [
        migrations.RemoveIndex(model_name="customerday", name="customer_day_active"),
        migrations.AddField(
            model_name="customerday",
            name="next_on",
            field=models.DateField(
                db_default=dt.date(9999, 12, 31),
                default=dt.date(9999, 12, 31),
                verbose_name="next active day",
            ),
        ),
        migrations.RunSQL(LINK, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="customerday",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["partner", "local_on", "next_on"],
                name="customer_day_followed",
            ),
        ),
        migrations.DeleteModel(name="CustomerMonth"),
    ]
