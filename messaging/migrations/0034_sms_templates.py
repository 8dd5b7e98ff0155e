"""SMS texts of one's own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0033_consent_proof")]

    operations = [
        migrations.CreateModel(
            name="SmsTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("otp_login", "Code to log in"),
                            ("otp_register", "Code to register"),
                            ("otp_verify", "Code to confirm a phone"),
                            ("app_link", "Link to the app"),
                        ],
                        max_length=20,
                        verbose_name="template",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("lt", "Lithuanian")], max_length=5, verbose_name="language"
                    ),
                ),
                ("text", models.TextField(max_length=459, verbose_name="text")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for every partner.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "SMS text",
                "verbose_name_plural": "SMS texts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "language", "partner"), name="sms_template_once", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
