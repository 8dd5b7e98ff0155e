"""Offers of partners."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0011_product_catalogue"),
    ]

    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(blank=True, max_length=100, verbose_name="number in the feed")),
                (
                    "feed",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Which feed brought it; empty: by hand.",
                        max_length=64,
                        verbose_name="feed",
                    ),
                ),
                ("title", models.JSONField(verbose_name="title")),
                ("description", models.JSONField(blank=True, default=dict, verbose_name="description")),
                ("terms_conditions", models.JSONField(blank=True, default=dict, verbose_name="terms and conditions")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("discount", "Discount"),
                            ("points_multiplier", "Points multiplier"),
                            ("free_item", "Free good"),
                            ("cashback", "Cashback"),
                        ],
                        default="discount",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "discount_type",
                    models.CharField(
                        blank=True,
                        choices=[("percentage", "Percent"), ("fixed_amount", "Amount")],
                        max_length=12,
                        verbose_name="discount is",
                    ),
                ),
                (
                    "discount_value",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Percent, or an amount.",
                        max_digits=12,
                        null=True,
                        verbose_name="discount",
                    ),
                ),
                (
                    "points_multiplier",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="2 doubles the points.",
                        max_digits=6,
                        null=True,
                        verbose_name="points times",
                    ),
                ),
                ("points_required", models.PositiveIntegerField(default=0, verbose_name="costs points")),
                ("minimum_level", models.CharField(blank=True, max_length=50, verbose_name="from customer level")),
                ("valid_from", models.DateTimeField(blank=True, null=True, verbose_name="valid from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="valid until")),
                ("usage_limit", models.PositiveIntegerField(blank=True, null=True, verbose_name="at most in total")),
                ("usage_count", models.PositiveIntegerField(default=0, editable=False, verbose_name="claimed")),
                ("user_limit", models.PositiveIntegerField(blank=True, null=True, verbose_name="at most per customer")),
                (
                    "minimum_purchase",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="minimum purchase"
                    ),
                ),
                (
                    "maximum_discount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="maximum discount"
                    ),
                ),
                (
                    "coupon_validity_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: as long as the offer.",
                        null=True,
                        verbose_name="days a coupon is valid",
                    ),
                ),
                ("image_url", models.URLField(blank=True, max_length=1000, verbose_name="picture address")),
                (
                    "priority",
                    models.SmallIntegerField(
                        default=0,
                        help_text="Of several that fit a sale the highest wins; of equal ones the best.",
                        verbose_name="priority",
                    ),
                ),
                ("is_featured", models.BooleanField(default=False, verbose_name="featured")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("deleted_at", models.DateTimeField(editable=False, null=True, verbose_name="deleted at")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
            },
        ),
        migrations.CreateModel(
            name="OfferCategory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "category of an offer",
                "verbose_name_plural": "categories of an offer",
            },
        ),
        migrations.CreateModel(
            name="OfferShop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "shop of an offer",
                "verbose_name_plural": "shops of an offer",
            },
        ),
        migrations.AddField(
            model_name="offer",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
                verbose_name="partner",
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="product",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.product",
                verbose_name="product",
            ),
        ),
        migrations.AddField(
            model_name="offercategory",
            name="category",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="partners.category",
                verbose_name="category",
            ),
        ),
        migrations.AddField(
            model_name="offercategory",
            name="offer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="partners.offer", verbose_name="offer"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="categories",
            field=models.ManyToManyField(
                blank=True,
                help_text="Which goods; none means all.",
                related_name="offers",
                through="partners.OfferCategory",
                to="partners.category",
                verbose_name="categories",
            ),
        ),
        migrations.AddField(
            model_name="offershop",
            name="offer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="partners.offer", verbose_name="offer"
            ),
        ),
        migrations.AddField(
            model_name="offershop",
            name="shop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="partners.shop", verbose_name="shop"
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="shops",
            field=models.ManyToManyField(
                blank=True,
                help_text="Where it is valid; none means everywhere.",
                related_name="offers",
                through="partners.OfferShop",
                to="partners.shop",
                verbose_name="shops",
            ),
        ),
        migrations.AddConstraint(
            model_name="offercategory",
            constraint=models.UniqueConstraint(fields=("offer", "category"), name="offer_category_once"),
        ),
        migrations.AddConstraint(
            model_name="offershop",
            constraint=models.UniqueConstraint(fields=("offer", "shop"), name="offer_shop_once"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                condition=models.Q(("deleted_at", None)), fields=["partner", "id"], name="offer_partner"
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                condition=models.Q(
                    ("deleted_at", None), ("is_active", True), ("kind__in", ("points_multiplier", "cashback"))
                ),
                fields=["partner"],
                name="offer_automatic",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("discount_value__gt", 0),
                        ("discount_value__isnull", False),
                        ("kind", "discount"),
                        models.Q(("discount_type", ""), _negated=True),
                    ),
                    models.Q(
                        ("discount_type", "percentage"),
                        ("discount_value__gt", 0),
                        ("discount_value__isnull", False),
                        ("kind", "cashback"),
                    ),
                    ("kind", "free_item"),
                    models.Q(
                        ("kind", "points_multiplier"),
                        ("points_multiplier__gt", 1),
                        ("points_multiplier__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="offer_has_its_figure",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("discount_type", "percentage"), _negated=True),
                    ("discount_value__lte", 100),
                    _connector="OR",
                ),
                name="offer_percent_at_most_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from", None),
                    ("valid_until", None),
                    ("valid_until__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="offer_window_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("usage_limit", None), ("usage_count__lte", models.F("usage_limit")), _connector="OR"
                ),
                name="offer_within_its_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ("points_multiplier", "cashback")), _negated=True),
                    models.Q(
                        ("minimum_level", ""), ("points_required", 0), ("usage_limit", None), ("user_limit", None)
                    ),
                    _connector="OR",
                ),
                name="offer_automatic_is_free",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("minimum_purchase", None), ("minimum_purchase__gte", 0), _connector="OR"),
                    models.Q(("maximum_discount", None), ("maximum_discount__gt", 0), _connector="OR"),
                ),
                name="offer_money_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("partner", "external_id"),
                name="offer_external_id_unique",
            ),
        ),
    ]
