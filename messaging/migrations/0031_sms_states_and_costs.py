"""An SMS knows its account, its cost and what became of it."""

import uuid
from decimal import Decimal

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0030_sms_accounts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="smsmessage",
            name="sms_status_and_secret",
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="cost",
            field=models.DecimalField(decimal_places=4, default=Decimal(0), max_digits=12, verbose_name="cost"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="country",
            field=models.CharField(blank=True, max_length=2, verbose_name="country"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="currency",
            field=models.CharField(blank=True, max_length=3, verbose_name="currency"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="delivered_at",
            field=models.DateTimeField(null=True, verbose_name="delivered at"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="failed_at",
            field=models.DateTimeField(null=True, verbose_name="failed at"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="is_handed",
            field=models.BooleanField(default=False, verbose_name="handed to a provider"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="public_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                unique=True,
                verbose_name="message id",
            ),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="receipt_url",
            field=models.CharField(blank=True, max_length=2000, verbose_name="receipt address"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="refunded_at",
            field=models.DateTimeField(null=True, verbose_name="refunded at"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="scheduled_at",
            field=models.DateTimeField(null=True, verbose_name="scheduled for"),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="template",
            field=models.CharField(blank=True, max_length=60, verbose_name="template"),
        ),
        migrations.AlterField(
            model_name="smsmessage",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sending", "Being sent"),
                    ("sent", "Sent"),
                    ("failed", "Failed"),
                    ("delivered", "Delivered"),
                    ("undeliverable", "Undeliverable"),
                    ("expired", "Expired"),
                ],
                default="queued",
                max_length=15,
                verbose_name="status",
            ),
        ),
        migrations.AddField(
            model_name="smsmessage",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="messaging.smsaccount",
                verbose_name="SMS account",
            ),
        ),
        migrations.RunSQL(
            "UPDATE messaging_smsmessage SET failed_at = due_at WHERE status = 'failed'", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name="smsmessage",
            index=models.Index(fields=["partner", "queued_at"], name="sms_partner_queued"),
        ),
        migrations.AddIndex(
            model_name="smsmessage",
            index=models.Index(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=["account", "external_id"],
                name="sms_external",
            ),
        ),
        migrations.AddConstraint(
            model_name="smsmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("delivered_at", None), ("failed_at", None), ("sent_at__isnull", False), ("status", "sent")
                    ),
                    models.Q(
                        ("delivered_at__isnull", False),
                        ("failed_at", None),
                        ("sent_at__isnull", False),
                        ("status", "delivered"),
                    ),
                    models.Q(
                        ("delivered_at", None),
                        ("failed_at__isnull", False),
                        ("status__in", ("failed", "undeliverable", "expired")),
                    ),
                    models.Q(
                        ("delivered_at", None),
                        ("failed_at", None),
                        ("sent_at", None),
                        ("status__in", ("queued", "sending")),
                    ),
                    _connector="OR",
                ),
                name="sms_status_instants",
            ),
        ),
        migrations.AddConstraint(
            model_name="smsmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("sealed", None), ("status__in", ("queued", "sending")), _connector="OR"),
                name="sms_sealed",
            ),
        ),
        migrations.AddConstraint(
            model_name="smsmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("account", None), ("partner__isnull", False), _connector="OR"),
                name="sms_account_is_a_partners",
            ),
        ),
        migrations.AddConstraint(
            model_name="smsmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_at", None), models.Q(("failed_at__isnull", False), ("sent_at", None)), _connector="OR"
                ),
                name="sms_refund",
            ),
        ),
    ]
