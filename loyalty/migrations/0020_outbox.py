"""Where facts wait that systems outside want to hear."""

import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0010_person_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="event id")),
                ("partner_id", models.BigIntegerField(verbose_name="partner id")),
                ("kind", models.CharField(max_length=60, verbose_name="event")),
                ("data", models.JSONField(verbose_name="data")),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                    ),
                ),
                ("relayed_at", models.DateTimeField(null=True, verbose_name="relayed at")),
            ],
            options={
                "verbose_name": "outgoing event",
                "verbose_name_plural": "outgoing events",
                "indexes": [
                    models.Index(condition=models.Q(("relayed_at", None)), fields=["id"], name="outbox_waiting"),
                    models.Index(
                        models.F("partner_id"), models.OrderBy(models.F("id"), descending=True), name="outbox_partner"
                    ),
                    models.Index(fields=["recorded_at"], name="outbox_age"),
                ],
            },
        ),
    ]
