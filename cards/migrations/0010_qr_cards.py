import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0003_shared_identity"),
        ("customers", "0011_codes"),
        ("partners", "0012_offers"),
    ]

    operations = [
        migrations.CreateModel(
            name="QrCardSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device_name", models.CharField(blank=True, max_length=255, verbose_name="device")),
                ("pairing_id", models.UUIDField(default=uuid.uuid4, unique=True, verbose_name="pairing id")),
                ("session_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "Pending"), ("completed", "Completed"), ("expired", "Expired")],
                        default="pending",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("scanned_at", models.DateTimeField(null=True, verbose_name="scanned at")),
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
                    "issued_card",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cards.issuedcard",
                        verbose_name="issued card",
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
                "verbose_name": "card shown by QR code",
                "verbose_name_plural": "cards shown by QR code",
                "indexes": [models.Index(fields=["expires_at"], name="qr_card_expiry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("issued_card__isnull", False),
                                ("person__isnull", False),
                                ("scanned_at__isnull", False),
                                ("status", "completed"),
                            ),
                            models.Q(
                                models.Q(("status", "completed"), _negated=True),
                                ("issued_card", None),
                                ("person", None),
                                ("scanned_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="qr_card_completed_has_card",
                    )
                ],
            },
        ),
    ]
