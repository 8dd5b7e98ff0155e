"""What a page can show for a consent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0032_sms_receipts"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="proof_agent",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="caller's browser"
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="proof_ip",
            field=models.GenericIPAddressField(blank=True, null=True, verbose_name="caller's address"),
        ),
        migrations.AddField(
            model_name="consent",
            name="proof_page",
            field=models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="page"),
        ),
    ]
