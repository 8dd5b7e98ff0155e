"""The last failed calls of each API key."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0020_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="FailedCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("partner_id", models.BigIntegerField(verbose_name="partner id")),
                ("credential_id", models.BigIntegerField(verbose_name="API credential id")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("method", models.CharField(max_length=10, verbose_name="method")),
                ("path", models.CharField(max_length=200, verbose_name="path")),
                (
                    "parameters",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        default=list,
                        size=None,
                        verbose_name="query parameters",
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(verbose_name="status")),
                ("code", models.CharField(max_length=60, verbose_name="code")),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None, verbose_name="fields"
                    ),
                ),
                ("request_id", models.CharField(max_length=64, verbose_name="request id")),
            ],
            options={
                "verbose_name": "failed call",
                "verbose_name_plural": "failed calls",
                "indexes": [
                    models.Index(
                        models.F("credential_id"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="failed_call_credential",
                    ),
                    models.Index(
                        models.F("partner_id"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="failed_call_partner",
                    ),
                    models.Index(fields=["at"], name="failed_call_age"),
                ],
            },
        ),
    ]
