"""Reports on SMS to the partner's own address."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0031_sms_states_and_costs"),
    ]

    operations = [
        migrations.CreateModel(
            name="SmsReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", models.CharField(max_length=15, verbose_name="status")),
                ("happened_at", models.DateTimeField(verbose_name="happened at")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("dropped", "Given up")],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(verbose_name="next attempt")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                ("error", models.CharField(blank=True, max_length=60, verbose_name="error")),
            ],
            options={
                "verbose_name": "delivery receipt",
                "verbose_name_plural": "delivery receipts",
            },
        ),
        migrations.AddField(
            model_name="smsreceipt",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="messaging.smsmessage",
                verbose_name="SMS",
            ),
        ),
        migrations.AddField(
            model_name="smsreceipt",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
                verbose_name="partner",
            ),
        ),
        migrations.AddIndex(
            model_name="smsreceipt",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="sms_receipt_due"),
        ),
        migrations.AddIndex(
            model_name="smsreceipt",
            index=models.Index(fields=["partner", "-id"], name="sms_receipt_partner"),
        ),
        migrations.AddConstraint(
            model_name="smsreceipt",
            constraint=models.UniqueConstraint(fields=("message", "status"), name="sms_receipt_once"),
        ),
        migrations.AddConstraint(
            model_name="smsreceipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("state", "waiting")),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("finished_at__isnull", False)),
                    _connector="OR",
                ),
                name="sms_receipt_finished",
            ),
        ),
    ]
