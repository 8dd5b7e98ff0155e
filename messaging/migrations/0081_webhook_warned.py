"""When a partner was told that an endpoint fails."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0080_webhook_held")]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="warned_at",
            field=models.DateTimeField(null=True, verbose_name="partner told of failures"),
        ),
    ]
