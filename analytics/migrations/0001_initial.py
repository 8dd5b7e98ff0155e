"""The daily roll-up, its marks, and what waits to be added to it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0012_qr_logins"),
        ("ledger", "0075_points_feed"),
        ("partners", "0013_products_missing_from_their_feed"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollupCursor",
            fields=[
                (
                    "partner",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                ("sales_xid", models.BigIntegerField(default=0, verbose_name="transaction mark of sales")),
                ("sales_id", models.BigIntegerField(default=0, verbose_name="last sale")),
                ("points_xid", models.BigIntegerField(default=0, verbose_name="transaction mark of points")),
                ("points_id", models.BigIntegerField(default=0, verbose_name="last points entry")),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("rolled_at", models.DateTimeField(verbose_name="rolled up at")),
            ],
            options={
                "verbose_name": "roll-up cursor",
                "verbose_name_plural": "roll-up cursors",
            },
        ),
        migrations.CreateModel(
            name="AttachedReceipt",
            fields=[
                (
                    "transaction",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledger.transaction",
                        verbose_name="transaction",
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
                "verbose_name": "attached receipt",
                "verbose_name_plural": "attached receipts",
                "indexes": [models.Index(fields=["partner"], name="attached_partner")],
            },
        ),
        migrations.CreateModel(
            name="CategoryDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("local_on", models.DateField(verbose_name="local day")),
                ("category", models.CharField(blank=True, max_length=100, verbose_name="category")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("purchases", models.IntegerField(db_default=0, default=0, verbose_name="purchases")),
                ("reversals", models.IntegerField(db_default=0, default=0, verbose_name="refunds and cancellations")),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="revenue"
                    ),
                ),
                (
                    "refunds",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="refunded"
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
                (
                    "shop",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "category's day",
                "verbose_name_plural": "categories' days",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "local_on", "shop", "category", "currency"),
                        name="category_day_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CommissionNews",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("local_on", models.DateField(verbose_name="local day")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount")),
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
                (
                    "shop",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission not yet rolled up",
                "verbose_name_plural": "commission not yet rolled up",
                "indexes": [models.Index(fields=["partner"], name="news_partner")],
            },
        ),
        migrations.CreateModel(
            name="CustomerDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "partner", "customer", "local_on", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("local_on", models.DateField(verbose_name="local day")),
                ("purchases", models.IntegerField(db_default=0, default=0, verbose_name="purchases")),
                ("reversals", models.IntegerField(db_default=0, default=0, verbose_name="refunds and cancellations")),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="revenue"
                    ),
                ),
                (
                    "refunds",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="refunded"
                    ),
                ),
                ("points_earned", models.BigIntegerField(db_default=0, default=0, verbose_name="points earned")),
                ("points_redeemed", models.BigIntegerField(db_default=0, default=0, verbose_name="points redeemed")),
                ("is_active", models.BooleanField(db_default=False, default=False, verbose_name="active")),
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
                "verbose_name": "customer's day",
                "verbose_name_plural": "customers' days",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_active", True)),
                        fields=["partner", "local_on", "customer"],
                        name="customer_day_active",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("purchases", models.IntegerField(db_default=0, default=0, verbose_name="purchases")),
                ("reversals", models.IntegerField(db_default=0, default=0, verbose_name="refunds and cancellations")),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="revenue"
                    ),
                ),
                (
                    "refunds",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="refunded"
                    ),
                ),
                (
                    "discounts",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="paid with points"
                    ),
                ),
                ("points_issued", models.BigIntegerField(db_default=0, default=0, verbose_name="points issued")),
                ("points_redeemed", models.BigIntegerField(db_default=0, default=0, verbose_name="points redeemed")),
                ("points_expired", models.BigIntegerField(db_default=0, default=0, verbose_name="points expired")),
                ("points_adjusted", models.BigIntegerField(db_default=0, default=0, verbose_name="points adjusted")),
                (
                    "commission",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="commission"
                    ),
                ),
                ("local_on", models.DateField(verbose_name="local day")),
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
                "verbose_name": "partner's day",
                "verbose_name_plural": "partners' days",
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("local_on"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="day_newest",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("partner", "local_on", "currency"), name="day_once")],
            },
        ),
        migrations.CreateModel(
            name="PartnerMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("purchases", models.IntegerField(db_default=0, default=0, verbose_name="purchases")),
                ("reversals", models.IntegerField(db_default=0, default=0, verbose_name="refunds and cancellations")),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="revenue"
                    ),
                ),
                (
                    "refunds",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="refunded"
                    ),
                ),
                (
                    "discounts",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="paid with points"
                    ),
                ),
                ("points_issued", models.BigIntegerField(db_default=0, default=0, verbose_name="points issued")),
                ("points_redeemed", models.BigIntegerField(db_default=0, default=0, verbose_name="points redeemed")),
                ("points_expired", models.BigIntegerField(db_default=0, default=0, verbose_name="points expired")),
                ("points_adjusted", models.BigIntegerField(db_default=0, default=0, verbose_name="points adjusted")),
                (
                    "commission",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="commission"
                    ),
                ),
                ("month_on", models.DateField(verbose_name="first day of the month")),
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
                "verbose_name": "partner's month",
                "verbose_name_plural": "partners' months",
                "constraints": [models.UniqueConstraint(fields=("partner", "month_on", "currency"), name="month_once")],
            },
        ),
        migrations.CreateModel(
            name="ShopDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("purchases", models.IntegerField(db_default=0, default=0, verbose_name="purchases")),
                ("reversals", models.IntegerField(db_default=0, default=0, verbose_name="refunds and cancellations")),
                (
                    "revenue",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="revenue"
                    ),
                ),
                (
                    "refunds",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="refunded"
                    ),
                ),
                (
                    "discounts",
                    models.DecimalField(
                        db_default=0, decimal_places=2, default=0, max_digits=18, verbose_name="paid with points"
                    ),
                ),
                ("points_issued", models.BigIntegerField(db_default=0, default=0, verbose_name="points issued")),
                ("points_redeemed", models.BigIntegerField(db_default=0, default=0, verbose_name="points redeemed")),
                ("points_expired", models.BigIntegerField(db_default=0, default=0, verbose_name="points expired")),
                ("points_adjusted", models.BigIntegerField(db_default=0, default=0, verbose_name="points adjusted")),
                (
                    "commission",
                    models.DecimalField(
                        db_default=0, decimal_places=4, default=0, max_digits=18, verbose_name="commission"
                    ),
                ),
                ("local_on", models.DateField(verbose_name="local day")),
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
                (
                    "shop",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "shop's day",
                "verbose_name_plural": "shops' days",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "local_on", "shop", "currency"), name="shop_day_once", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
