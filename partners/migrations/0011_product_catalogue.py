"""Products get what a catalogue shows."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0010_category_tree"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProductCategory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "category of a product",
                "verbose_name_plural": "categories of a product",
            },
        ),
        migrations.AddField(
            model_name="product",
            name="availability",
            field=models.CharField(
                choices=[("in_stock", "In stock"), ("out_of_stock", "Out of stock"), ("limited_stock", "Few left")],
                default="in_stock",
                max_length=16,
                verbose_name="availability",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="brand",
            field=models.CharField(blank=True, max_length=255, verbose_name="brand"),
        ),
        migrations.AddField(
            model_name="product",
            name="color",
            field=models.CharField(blank=True, max_length=50, verbose_name="color"),
        ),
        migrations.AddField(
            model_name="product",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now, verbose_name="created at"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="product",
            name="currency",
            field=models.CharField(default="EUR", help_text="ISO 4217 code", max_length=3, verbose_name="currency"),
        ),
        migrations.AddField(
            model_name="product",
            name="deleted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="deleted at"),
        ),
        migrations.AddField(
            model_name="product",
            name="delivery_info",
            field=models.CharField(blank=True, max_length=500, verbose_name="delivery"),
        ),
        migrations.AddField(
            model_name="product",
            name="description",
            field=models.TextField(blank=True, verbose_name="description"),
        ),
        migrations.AddField(
            model_name="product",
            name="discounted_price",
            field=models.DecimalField(
                blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="discounted price"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="ean",
            field=models.CharField(blank=True, max_length=32, verbose_name="EAN"),
        ),
        migrations.AddField(
            model_name="product",
            name="external_url",
            field=models.URLField(blank=True, max_length=1000, verbose_name="page address"),
        ),
        migrations.AddField(
            model_name="product",
            name="feed",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Which feed brought it; empty: by hand.",
                max_length=64,
                verbose_name="feed",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="image_url",
            field=models.URLField(blank=True, max_length=1000, verbose_name="picture address"),
        ),
        migrations.AddField(
            model_name="product",
            name="images",
            field=models.JSONField(blank=True, default=list, verbose_name="more pictures"),
        ),
        migrations.AddField(
            model_name="product",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="active"),
        ),
        migrations.AddField(
            model_name="product",
            name="is_featured",
            field=models.BooleanField(default=False, verbose_name="featured"),
        ),
        migrations.AddField(
            model_name="product",
            name="model",
            field=models.CharField(blank=True, max_length=255, verbose_name="model"),
        ),
        migrations.AddField(
            model_name="product",
            name="price",
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="price"),
        ),
        migrations.AddField(
            model_name="product",
            name="size",
            field=models.CharField(blank=True, max_length=50, verbose_name="size"),
        ),
        migrations.AddField(
            model_name="product",
            name="sku",
            field=models.CharField(blank=True, max_length=100, verbose_name="SKU"),
        ),
        migrations.AddField(
            model_name="product",
            name="stock_quantity",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="in stock"),
        ),
        migrations.AddField(
            model_name="product",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="updated at"),
        ),
        migrations.AddField(
            model_name="product",
            name="warranty_info",
            field=models.CharField(blank=True, max_length=500, verbose_name="warranty"),
        ),
        migrations.AddField(
            model_name="product",
            name="weight",
            field=models.CharField(blank=True, max_length=50, verbose_name="weight"),
        ),
        migrations.AddField(
            model_name="product",
            name="xml_id",
            field=models.CharField(blank=True, max_length=100, verbose_name="number in the feed"),
        ),
        migrations.AddField(
            model_name="productcategory",
            name="category",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="partners.category",
                verbose_name="category",
            ),
        ),
        migrations.AddField(
            model_name="productcategory",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="partners.product",
                verbose_name="product",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="categories",
            field=models.ManyToManyField(
                blank=True,
                related_name="products",
                through="partners.ProductCategory",
                to="partners.category",
                verbose_name="categories",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("deleted_at", None)), fields=["partner", "id"], name="product_partner"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("feed", ""), _negated=True), fields=["partner", "feed"], name="product_feed"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("price", None), ("price__gte", 0), _connector="OR"),
                    models.Q(("discounted_price", None), ("discounted_price__gte", 0), _connector="OR"),
                ),
                name="product_prices_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="product_currency_iso"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("availability__in", ["in_stock", "out_of_stock", "limited_stock"])),
                name="product_availability_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="productcategory",
            constraint=models.UniqueConstraint(fields=("product", "category"), name="product_category_once"),
        ),
    ]
