"""Log-ins at tills by QR code."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0011_codes"),
        ("partners", "0012_offers"),
    ]

    operations = [
        migrations.CreateModel(
            name="QrLoginSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device_name", models.CharField(blank=True, max_length=255, verbose_name="device")),
                ("pairing_id", models.UUIDField(default=uuid.uuid4, unique=True, verbose_name="pairing id")),
                ("session_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("scanned", "Scanned"),
                            ("authenticated", "Confirmed"),
                            ("cancelled", "Rejected"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                        ],
                        default="pending",
                        max_length=15,
                        verbose_name="status",
                    ),
                ),
                ("login_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("scanned_at", models.DateTimeField(null=True, verbose_name="scanned at")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered at")),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.apicredential",
                        verbose_name="API credential",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.person",
                        verbose_name="person",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "log-in by QR code",
                "verbose_name_plural": "log-ins by QR code",
                "indexes": [models.Index(fields=["expires_at"], name="qr_login_expiry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("customer__isnull", False),
                                ("login_id__isnull", False),
                                ("person__isnull", False),
                                ("status", "authenticated"),
                            ),
                            models.Q(models.Q(("status", "authenticated"), _negated=True), ("login_id", None)),
                            _connector="OR",
                        ),
                        name="qr_login_authenticated_has_login",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("person", None), ("status", "pending")),
                            models.Q(("status", "pending"), _negated=True),
                            _connector="OR",
                        ),
                        name="qr_login_pending_has_nobody",
                    ),
                ],
            },
        ),
    ]
