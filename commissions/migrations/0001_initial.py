"""Rates, periods, lines and synchronizations of commission."""

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import commissions.models.keys


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("partners", "0012_offers"),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="CommissionCursor",
            fields=[
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                ("feed_xid", models.BigIntegerField(default=0, verbose_name="transaction mark")),
                ("feed_id", models.BigIntegerField(default=0, verbose_name="last sale")),
                ("restate_from", models.CharField(blank=True, max_length=7, verbose_name="compute again from")),
                ("rates_seen_at", models.DateTimeField(null=True, verbose_name="rates known at")),
            ],
            options={
                "verbose_name": "commission cursor",
                "verbose_name_plural": "commission cursors",
            },
        ),
        migrations.CreateModel(
            name="CommissionPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.CharField(max_length=7, verbose_name="month")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Still open"), ("locked", "Locked"), ("settled", "Settled")],
                        default="open",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("lines", models.PositiveIntegerField(default=0, verbose_name="lines")),
                ("total", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="total")),
                ("checksum", models.CharField(blank=True, max_length=64, verbose_name="checksum")),
                ("locked_at", models.DateTimeField(blank=True, null=True, verbose_name="locked at")),
                ("locked_by", models.CharField(blank=True, max_length=40, verbose_name="locked by")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled at")),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission period",
                "verbose_name_plural": "commission periods",
            },
        ),
        migrations.CreateModel(
            name="CommissionRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(blank=True, max_length=100, verbose_name="category")),
                (
                    "component",
                    models.CharField(
                        choices=[("platform", "Platform"), ("processing", "Payment processing")],
                        max_length=10,
                        verbose_name="component",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("flat", "One percentage"),
                            ("marginal", "Tiers, each part at its own percentage"),
                            ("whole", "Tiers, everything at the percentage reached"),
                        ],
                        default="flat",
                        max_length=8,
                        verbose_name="mode",
                    ),
                ),
                ("percent", models.DecimalField(decimal_places=4, default=0, max_digits=7, verbose_name="percent")),
                ("fixed", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="fixed amount")),
                (
                    "minimum",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="minimum"),
                ),
                (
                    "maximum",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="maximum"),
                ),
                ("tiers", models.JSONField(blank=True, default=list, verbose_name="tiers")),
                (
                    "currency",
                    models.CharField(default="EUR", help_text="ISO 4217 code", max_length=3, verbose_name="currency"),
                ),
                ("valid_from", commissions.models.keys.WallClockField(verbose_name="valid from")),
                ("valid_to", commissions.models.keys.WallClockField(blank=True, null=True, verbose_name="valid until")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("actor_kind", models.CharField(max_length=20, verbose_name="actor kind")),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="actor id")),
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
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission rate",
                "verbose_name_plural": "commission rates",
            },
        ),
        migrations.CreateModel(
            name="CommissionEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin_month", models.CharField(max_length=7, verbose_name="month of the sale")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("accrual", "Accrual"),
                            ("late_accrual", "Late accrual"),
                            ("reversal", "Reversal"),
                            ("adjustment", "Adjustment"),
                            ("no_rate", "No rate"),
                            ("minimum_topup", "Top-up to the minimum"),
                            ("cap_reduction", "Reduction to the cap"),
                            ("manual", "Manual"),
                        ],
                        max_length=14,
                        verbose_name="kind",
                    ),
                ),
                (
                    "component",
                    models.CharField(
                        choices=[("platform", "Platform"), ("processing", "Payment processing")],
                        max_length=10,
                        verbose_name="component",
                    ),
                ),
                (
                    "source_type",
                    models.CharField(
                        choices=[("transaction", "Transaction"), ("period", "Period"), ("manual", "Manual")],
                        db_default="transaction",
                        default="transaction",
                        max_length=11,
                        verbose_name="source",
                    ),
                ),
                ("source_id", models.BigIntegerField(verbose_name="source number")),
                ("category", models.CharField(blank=True, max_length=100, verbose_name="category")),
                ("revision", models.PositiveIntegerField(default=0, verbose_name="revision")),
                ("local_on", models.DateField(verbose_name="local day")),
                ("base", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="base")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
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
                (
                    "period",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="commissions.commissionperiod",
                        verbose_name="period",
                    ),
                ),
                (
                    "rate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="commissions.commissionrate",
                        verbose_name="rate",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission line",
                "verbose_name_plural": "commission lines",
            },
        ),
        migrations.CreateModel(
            name="PartnerLock",
            fields=[
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                ("is_locked", models.BooleanField(default=False, verbose_name="locked")),
                ("locked_at", models.DateTimeField(blank=True, null=True, verbose_name="locked at")),
                ("locked_by", models.CharField(blank=True, max_length=40, verbose_name="locked by")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("locked_until", models.DateTimeField(blank=True, null=True, verbose_name="locked until")),
            ],
            options={
                "verbose_name": "commission lock",
                "verbose_name_plural": "commission locks",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_locked", True), ("locked_at__isnull", False)),
                            models.Q(
                                ("is_locked", False),
                                ("locked_at", None),
                                ("locked_by", ""),
                                ("locked_until", None),
                                ("reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="lock_fields",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("accrual", "New sales"), ("force", "Forced"), ("lock", "Before locking")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("month", models.CharField(blank=True, max_length=7, verbose_name="month")),
                ("actor_kind", models.CharField(max_length=20, verbose_name="actor kind")),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="actor id")),
                ("sales", models.PositiveIntegerField(default=0, verbose_name="sales and refunds")),
                ("rates_changed", models.PositiveIntegerField(default=0, verbose_name="rates changed")),
                ("created", models.PositiveIntegerField(default=0, verbose_name="created")),
                ("updated", models.PositiveIntegerField(default=0, verbose_name="updated")),
                ("removed", models.PositiveIntegerField(default=0, verbose_name="removed")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("adjustments", models.PositiveIntegerField(default=0, verbose_name="adjustments")),
                ("skipped_locked_periods", models.JSONField(default=list, verbose_name="locked months left alone")),
                (
                    "total_before",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="total before"),
                ),
                (
                    "total_after",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="total after"),
                ),
                ("diff", models.JSONField(default=list, verbose_name="changes")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "finished_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="finished at"
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
            ],
            options={
                "verbose_name": "commission synchronization",
                "verbose_name_plural": "commission synchronizations",
            },
        ),
        migrations.AddIndex(
            model_name="commissionperiod",
            index=models.Index(
                models.F("partner"), models.OrderBy(models.F("month"), descending=True), name="period_partner"
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionperiod",
            constraint=models.UniqueConstraint(fields=("partner", "month", "currency"), name="period_once_a_month"),
        ),
        migrations.AddConstraint(
            model_name="commissionperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("month__regex", "^\\d{4}-(0[1-9]|1[0-2])$")), name="period_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="period_currency_iso"
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checksum", ""), ("locked_at", None), ("settled_at", None), ("state", "open")),
                    models.Q(
                        ("locked_at__isnull", False),
                        ("settled_at", None),
                        ("state", "locked"),
                        models.Q(("checksum", ""), _negated=True),
                    ),
                    models.Q(
                        ("locked_at__isnull", False),
                        ("settled_at__gte", models.F("locked_at")),
                        ("state", "settled"),
                        models.Q(("checksum", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="period_state_fields",
            ),
        ),
        migrations.AddIndex(
            model_name="commissionrate",
            index=models.Index(fields=["partner", "component"], name="rate_partner"),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("withdrawn_at", None)),
                expressions=[
                    (django.db.models.functions.comparison.Coalesce("partner", models.Value(0)), "="),
                    (django.db.models.functions.comparison.Coalesce("shop", models.Value(0)), "="),
                    ("category", "="),
                    ("component", "="),
                    ("currency", "="),
                    (models.Func(models.F("valid_from"), models.F("valid_to"), function="tsrange"), "&&"),
                ],
                name="rate_versions_never_overlap",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"),
                name="rate_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__gte", 0), ("percent__lte", 100)), name="rate_percent_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fixed__gte", 0),
                    models.Q(("minimum", None), ("minimum__gte", 0), _connector="OR"),
                    models.Q(("maximum", None), ("maximum__gte", 0), _connector="OR"),
                    models.Q(
                        ("minimum", None), ("maximum", None), ("maximum__gte", models.F("minimum")), _connector="OR"
                    ),
                ),
                name="rate_money_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="rate_currency_iso"
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("shop", None), ("partner__isnull", False), _connector="OR"),
                name="rate_shop_has_partner",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mode", "flat"), ("tiers", [])),
                    models.Q(models.Q(("mode", "flat"), _negated=True), models.Q(("tiers", []), _negated=True)),
                    _connector="OR",
                ),
                name="rate_tiers_fit_mode",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["flat", "marginal", "whole"])), name="rate_mode_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("component__in", ["platform", "processing"])), name="rate_component_known"
            ),
        ),
        migrations.AddIndex(
            model_name="commissionentry",
            index=models.Index(
                models.F("period"),
                models.OrderBy(models.F("local_on"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="commission_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionentry",
            constraint=models.UniqueConstraint(
                fields=("partner", "source_id", "source_type", "component", "category", "kind", "revision"),
                name="commission_once_per_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "accrual",
                            "late_accrual",
                            "reversal",
                            "adjustment",
                            "no_rate",
                            "minimum_topup",
                            "cap_reduction",
                            "manual",
                        ],
                    )
                ),
                name="commission_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="commissionentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("kind", "no_rate"), _negated=True),
                        models.Q(("amount", 0), ("rate", None)),
                        _connector="OR",
                    ),
                    models.Q(models.Q(("kind", "reversal"), _negated=True), ("amount__lte", 0), _connector="OR"),
                    models.Q(
                        models.Q(("kind__in", ["accrual", "late_accrual"]), _negated=True),
                        ("amount__gte", 0),
                        _connector="OR",
                    ),
                ),
                name="commission_sign",
            ),
        ),
        migrations.AddIndex(
            model_name="syncrun",
            index=models.Index(
                models.F("partner"), models.OrderBy(models.F("id"), descending=True), name="sync_partner"
            ),
        ),
    ]
