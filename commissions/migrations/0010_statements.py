"""Terms of commission, lines by hand, statements and their numbers, and defaults kept for locked partners."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commissions", "0003_commission_of_a_row"),
        ("partners", "0013_products_missing_from_their_feed"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatementSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last", models.PositiveIntegerField(default=0, verbose_name="last number")),
            ],
            options={
                "verbose_name": "series of statements",
                "verbose_name_plural": "series of statements",
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="series_is_one")],
            },
        ),
        migrations.CreateModel(
            name="CommissionTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.CharField(max_length=7, verbose_name="from month")),
                ("minimum", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="minimum")),
                (
                    "cap",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="cap"),
                ),
                (
                    "threshold",
                    models.DecimalField(
                        decimal_places=4, default=0, max_digits=18, verbose_name="settlement threshold"
                    ),
                ),
                ("pays_out", models.BooleanField(default=False, verbose_name="pays a negative balance out")),
                (
                    "close_policy",
                    models.CharField(
                        choices=[("by_hand", "By hand"), ("automatic", "By itself, some days after the month's end")],
                        db_default="by_hand",
                        default="by_hand",
                        max_length=9,
                        verbose_name="closing",
                    ),
                ),
                (
                    "close_after_days",
                    models.PositiveSmallIntegerField(
                        db_default=5, default=5, verbose_name="days after the month's end"
                    ),
                ),
                (
                    "automatic_since",
                    models.DateTimeField(blank=True, null=True, verbose_name="closing by itself since"),
                ),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "terms of commission",
                "verbose_name_plural": "terms of commission",
                "indexes": [
                    models.Index(
                        models.F("partner"), models.OrderBy(models.F("id"), descending=True), name="terms_partner"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__regex", "^\\d{4}-(0[1-9]|1[0-2])$")), name="terms_month"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("minimum__gte", 0),
                            ("threshold__gte", 0),
                            models.Q(("cap", None), ("cap__gte", models.F("minimum")), _connector="OR"),
                        ),
                        name="terms_money_range",
                    ),
                    models.CheckConstraint(condition=models.Q(("close_after_days__lte", 60)), name="terms_close_days"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("automatic_since", None), ("close_policy", "by_hand")),
                            models.Q(("automatic_since__isnull", False), ("close_policy", "automatic")),
                            _connector="OR",
                        ),
                        name="terms_close_policy",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DefaultsPin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rates", models.JSONField(default=list, verbose_name="rates")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("at", models.DateTimeField(verbose_name="at")),
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
                "verbose_name": "defaults kept",
                "verbose_name_plural": "defaults kept",
                "indexes": [
                    models.Index(
                        models.F("partner"), models.OrderBy(models.F("id"), descending=True), name="pin_partner"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ManualLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "component",
                    models.CharField(
                        choices=[("platform", "Platform"), ("processing", "Payment processing")],
                        max_length=10,
                        verbose_name="component",
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="commissions.manualline",
                        verbose_name="takes back",
                    ),
                ),
            ],
            options={
                "verbose_name": "line by hand",
                "verbose_name_plural": "lines by hand",
                "indexes": [
                    models.Index(
                        models.F("partner"), models.OrderBy(models.F("id"), descending=True), name="manual_partner"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount", 0), _negated=True), name="manual_not_nothing"),
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="manual_has_reason"),
                    models.CheckConstraint(
                        condition=models.Q(("component__in", ["platform", "processing"])), name="manual_component_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.CharField(max_length=7, verbose_name="month")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "version",
                    models.PositiveIntegerField(
                        help_text="The version of the month that it speaks of.", verbose_name="version"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("issued", "Issued"),
                            ("settled", "Settled"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        db_default="draft",
                        default="draft",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("number", models.PositiveIntegerField(blank=True, null=True, unique=True, verbose_name="number")),
                (
                    "opening",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="opening balance"),
                ),
                ("accruals", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="accruals")),
                (
                    "late_accruals",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="late accruals"),
                ),
                (
                    "reversals",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="reversals"),
                ),
                (
                    "adjustments",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="adjustments"),
                ),
                (
                    "manual",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="lines by hand"),
                ),
                (
                    "minimum_topup",
                    models.DecimalField(
                        decimal_places=4, default=0, max_digits=18, verbose_name="top-up to the minimum"
                    ),
                ),
                (
                    "cap_reduction",
                    models.DecimalField(
                        decimal_places=4, default=0, max_digits=18, verbose_name="reduction to the cap"
                    ),
                ),
                ("total", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="total")),
                ("settled", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="to be paid")),
                (
                    "closing",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="carried forward"),
                ),
                ("lines", models.PositiveIntegerField(default=0, verbose_name="lines")),
                ("minimum", models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="minimum")),
                (
                    "cap",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name="cap"),
                ),
                (
                    "threshold",
                    models.DecimalField(
                        decimal_places=4, default=0, max_digits=18, verbose_name="settlement threshold"
                    ),
                ),
                ("pays_out", models.BooleanField(default=False, verbose_name="pays a negative balance out")),
                ("holder", models.JSONField(blank=True, default=dict, verbose_name="issued to")),
                (
                    "drafted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="drafted at"
                    ),
                ),
                ("issued_at", models.DateTimeField(blank=True, null=True, verbose_name="issued at")),
                ("issued_by", models.CharField(blank=True, max_length=40, verbose_name="issued by")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled at")),
                ("settled_by", models.CharField(blank=True, max_length=40, verbose_name="settled by")),
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
                    "period",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="commissions.commissionperiod",
                        verbose_name="period",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement",
                "verbose_name_plural": "statements",
                "indexes": [
                    models.Index(
                        models.F("partner"),
                        models.OrderBy(models.F("month"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="statement_partner",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("period", "version"), name="statement_once_a_version"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "withdrawn"), _negated=True),
                        fields=("period",),
                        name="statement_once_a_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("month__regex", "^\\d{4}-(0[1-9]|1[0-2])$")), name="statement_month"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    django.db.models.expressions.CombinedExpression(
                                                        models.F("accruals"), "+", models.F("late_accruals")
                                                    ),
                                                    "+",
                                                    models.F("reversals"),
                                                ),
                                                "+",
                                                models.F("adjustments"),
                                            ),
                                            "+",
                                            models.F("manual"),
                                        ),
                                        "+",
                                        models.F("minimum_topup"),
                                    ),
                                    "+",
                                    models.F("cap_reduction"),
                                ),
                            )
                        ),
                        name="statement_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "closing",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("opening"), "+", models.F("total")
                                    ),
                                    "-",
                                    models.F("settled"),
                                ),
                            )
                        ),
                        name="statement_balances",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cap_reduction__lte", 0),
                            ("minimum_topup__gte", 0),
                            models.Q(("settled__gte", 0), ("pays_out", True), _connector="OR"),
                            models.Q(("minimum_topup", 0), ("cap_reduction", 0), _connector="OR"),
                        ),
                        name="statement_signs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("issued_at", None),
                                ("number", None),
                                ("settled_at", None),
                                ("status__in", ["draft", "withdrawn"]),
                            ),
                            models.Q(
                                ("issued_at__isnull", False),
                                ("number__gte", 1),
                                ("settled_at", None),
                                ("status", "issued"),
                            ),
                            models.Q(
                                ("issued_at__isnull", False),
                                ("number__gte", 1),
                                ("settled_at__gte", models.F("issued_at")),
                                ("status", "settled"),
                            ),
                            _connector="OR",
                        ),
                        name="statement_status_fields",
                    ),
                ],
            },
        ),
    ]
