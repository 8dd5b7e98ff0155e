"""E-mails that go out."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0010_sms_messages"),
        ("partners", "0013_products_missing_from_their_feed"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmailMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("template", models.CharField(max_length=60, verbose_name="template")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("marketing", "Marketing"), ("service", "Service")],
                        default="service",
                        max_length=20,
                        verbose_name="purpose",
                    ),
                ),
                ("language", models.CharField(max_length=5, verbose_name="language")),
                ("to", models.EmailField(blank=True, max_length=254, verbose_name="to")),
                ("sender", models.CharField(max_length=320, verbose_name="from")),
                ("reply_to", models.EmailField(blank=True, max_length=254, verbose_name="answers go to")),
                ("subject", models.CharField(blank=True, max_length=255, verbose_name="subject")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("html", models.TextField(blank=True, verbose_name="text with layout")),
                ("unsubscribe_url", models.CharField(blank=True, max_length=1000, verbose_name="unsubscribe address")),
                ("message_id", models.CharField(max_length=320, unique=True, verbose_name="message id")),
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
                "verbose_name": "e-mail message",
                "verbose_name_plural": "e-mail messages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "sending"])), fields=["due_at"], name="email_due"
                    ),
                    models.Index(fields=["partner", "-id"], name="email_partner"),
                    models.Index(fields=["queued_at"], name="email_queued"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["to"], name="email_to_trigram", opclasses=["gin_trgm_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("status", "sent")),
                            models.Q(("sent_at", None), models.Q(("status", "sent"), _negated=True)),
                            _connector="OR",
                        ),
                        name="email_sent_when_sent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purpose", "marketing"), _negated=True),
                            ("partner__isnull", False),
                            _connector="OR",
                        ),
                        name="email_marketing_is_a_partners",
                    ),
                ],
            },
        ),
    ]
