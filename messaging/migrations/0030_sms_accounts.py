"""SMS accounts of partners, and the money that comes into them."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import messaging.models.sms_account


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0040_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="SmsAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_name", models.CharField(max_length=100, verbose_name="account name")),
                ("contact_name", models.CharField(max_length=100, verbose_name="contact person")),
                ("contact_email", models.EmailField(max_length=254, verbose_name="contact e-mail")),
                ("contact_phone", models.CharField(blank=True, max_length=32, verbose_name="contact phone")),
                ("company_name", models.CharField(blank=True, max_length=200, verbose_name="company")),
                (
                    "customer_id",
                    models.CharField(
                        blank=True, help_text="At the provider", max_length=100, verbose_name="customer number"
                    ),
                ),
                (
                    "account_id",
                    models.CharField(
                        blank=True, help_text="At the provider", max_length=100, verbose_name="account number"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("platform", "The platform's own connection"),
                            ("http", "HTTP"),
                            ("smpp", "SMPP"),
                            ("database", "Kept in the database (demo)"),
                        ],
                        default="platform",
                        max_length=10,
                        verbose_name="connection",
                    ),
                ),
                (
                    "base_url",
                    models.CharField(
                        blank=True,
                        help_text="HTTP: what /sms/send is appended to",
                        max_length=500,
                        verbose_name="provider's address",
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=253, verbose_name="host")),
                (
                    "port",
                    models.PositiveIntegerField(
                        default=2775,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(65535),
                        ],
                        verbose_name="port",
                    ),
                ),
                ("is_tls", models.BooleanField(default=False, verbose_name="TLS")),
                ("username", models.CharField(blank=True, max_length=200, verbose_name="user name or API key")),
                ("sealed_password", models.BinaryField(null=True)),
                (
                    "connection_timeout",
                    models.PositiveSmallIntegerField(
                        default=10,
                        help_text="Seconds",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                        verbose_name="connection time limit",
                    ),
                ),
                (
                    "bind_timeout",
                    models.PositiveSmallIntegerField(
                        default=10,
                        help_text="Seconds",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                        verbose_name="bind time limit",
                    ),
                ),
                (
                    "senders",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=11),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="approved senders",
                    ),
                ),
                ("currency", models.CharField(default="EUR", max_length=3, verbose_name="currency")),
                (
                    "prices",
                    models.JSONField(
                        default=messaging.models.sms_account.default_prices, verbose_name="prices per part"
                    ),
                ),
                (
                    "billing",
                    models.CharField(
                        choices=[("prepaid", "Prepaid"), ("postpaid", "Postpaid, up to a limit")],
                        default="prepaid",
                        max_length=10,
                        verbose_name="billing",
                    ),
                ),
                (
                    "credit_limit",
                    models.DecimalField(
                        decimal_places=4, default=Decimal(0), max_digits=14, verbose_name="credit limit"
                    ),
                ),
                (
                    "balance",
                    models.DecimalField(decimal_places=4, default=Decimal(0), max_digits=14, verbose_name="balance"),
                ),
                ("is_active", models.BooleanField(default=False, verbose_name="active")),
                ("tested_at", models.DateTimeField(editable=False, null=True, verbose_name="tested at")),
                (
                    "test_result",
                    models.CharField(blank=True, editable=False, max_length=40, verbose_name="test result"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("deleted_at", models.DateTimeField(editable=False, null=True, verbose_name="deleted at")),
            ],
            options={
                "verbose_name": "SMS account",
                "verbose_name_plural": "SMS accounts",
            },
        ),
        migrations.CreateModel(
            name="SmsTopUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=14, verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("reference", models.CharField(blank=True, max_length=100, verbose_name="reference")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("balance_after", models.DecimalField(decimal_places=4, max_digits=14, verbose_name="balance after")),
                ("actor_kind", models.CharField(max_length=20, verbose_name="by")),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "SMS top-up",
                "verbose_name_plural": "SMS top-ups",
            },
        ),
        migrations.AddField(
            model_name="smsaccount",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
                verbose_name="partner",
            ),
        ),
        migrations.AddField(
            model_name="smstopup",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="messaging.smsaccount",
                verbose_name="SMS account",
            ),
        ),
        migrations.AddField(
            model_name="smstopup",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
                verbose_name="partner",
            ),
        ),
        migrations.AddIndex(
            model_name="smsaccount",
            index=models.Index(fields=["partner", "-id"], name="sms_account_partner"),
        ),
        migrations.AddConstraint(
            model_name="smsaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)), fields=("partner",), name="sms_account_one_active"
            ),
        ),
        migrations.AddConstraint(
            model_name="smsaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "balance__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("credit_limit"), "*", models.Value(-1)
                        ),
                    )
                ),
                name="sms_account_balance",
            ),
        ),
        migrations.AddConstraint(
            model_name="smsaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("billing", "postpaid"), ("credit_limit__gte", 0)), ("credit_limit", 0), _connector="OR"
                ),
                name="sms_account_credit",
            ),
        ),
        migrations.AddConstraint(
            model_name="smsaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("deleted_at", None), ("is_active", False), _connector="OR"),
                name="sms_account_deleted",
            ),
        ),
        migrations.AddConstraint(
            model_name="smsaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="sms_account_currency"
            ),
        ),
        migrations.AddIndex(
            model_name="smstopup",
            index=models.Index(fields=["partner", "-id"], name="sms_top_up_partner"),
        ),
        migrations.AddConstraint(
            model_name="smstopup",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="sms_top_up_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="smstopup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("account", "reference"),
                name="sms_top_up_reference",
            ),
        ),
    ]
