"""An offer may be for the cards of some programmes only."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("partners", "0021_verifications")]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="card_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                default=list,
                help_text="Whose cards get it; none means all.",
                size=None,
                verbose_name="card programmes",
            ),
        ),
    ]
