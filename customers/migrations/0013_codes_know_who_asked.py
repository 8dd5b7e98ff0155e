"""A one-time code that a partner's server asked for is good in its hands only."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0012_qr_logins"),
        ("partners", "0021_verifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="onetimecode",
            name="partner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
                verbose_name="asked for by",
            ),
        ),
    ]
