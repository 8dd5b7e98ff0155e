"""Which message took a consent back, so that the same one again changes nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0034_sms_templates")]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="reference",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="reference"),
        ),
    ]
