"""SMS messages."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_initial"),
        ("partners", "0003_staff_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="SmsMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("otp", "One-time code"),
                            ("app_link", "Link to the app"),
                            ("service", "Service"),
                            ("marketing", "Marketing"),
                        ],
                        max_length=20,
                        verbose_name="purpose",
                    ),
                ),
                ("sender", models.CharField(max_length=11, verbose_name="from")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="to")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("sealed", models.BinaryField(null=True)),
                ("parts", models.PositiveSmallIntegerField(verbose_name="parts")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="provider's id")),
                ("error", models.CharField(blank=True, max_length=200, verbose_name="error")),
                ("queued_at", models.DateTimeField(verbose_name="queued at")),
                ("due_at", models.DateTimeField(verbose_name="next attempt")),
                ("expires_at", models.DateTimeField(verbose_name="useless after")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent at")),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "SMS",
                "verbose_name_plural": "SMS messages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "sending"])), fields=["due_at"], name="sms_due"
                    ),
                    models.Index(fields=["partner", "-id"], name="sms_partner"),
                    models.Index(fields=["queued_at"], name="sms_queued"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["phone"], name="sms_phone_trigram", opclasses=["gin_trgm_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sealed", None), ("sent_at__isnull", False), ("status", "sent")),
                            models.Q(("sealed", None), ("sent_at", None), ("status", "failed")),
                            models.Q(("sent_at", None), ("status__in", ["queued", "sending"])),
                            _connector="OR",
                        ),
                        name="sms_status_and_secret",
                    )
                ],
            },
        ),
    ]
