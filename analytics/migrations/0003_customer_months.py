"""Months of customers, filled from their days (ADR 49)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_note_commission"),
        ("customers", "0012_qr_logins"),
        ("partners", "0021_verifications"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "partner", "month_on", "customer", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month_on", models.DateField(verbose_name="first day of the month")),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "customer's month",
                "verbose_name_plural": "customers' months",
            },
        ),
        migrations.RunSQL(
            """
            INSERT INTO analytics_customermonth (partner_id, month_on, customer_id)
            SELECT DISTINCT partner_id, date_trunc('month', local_on)::date, customer_id
            FROM analytics_customerday WHERE is_active
            """,
            migrations.RunSQL.noop,
        ),
    ]
