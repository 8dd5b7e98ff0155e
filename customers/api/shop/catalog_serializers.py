"""Categories and products as tills and web shops read them (contract 5.8, 8)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from loyalty.api.localized import shown_text
from partners.api.partner.catalog_serializers import ProductSerializer
from partners.models import Category, Product
from partners.selectors.catalog import Branch, slug_of

DASHES = "— "


class CategoryNodeSerializer(serializers.Serializer):
    """One category with what hangs below it."""

    id = serializers.IntegerField()
    name = serializers.DictField(child=serializers.CharField())
    slug = serializers.CharField()
    parent_id = serializers.IntegerField(allow_null=True)
    children = serializers.ListField(child=serializers.DictField())


class NamedNodeSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="In the language of the path.")
    slug = serializers.CharField()
    children = serializers.ListField(child=serializers.DictField())


class FlatCategorySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="Indented with dashes.")
    level = serializers.IntegerField()


class ProductCategoriesSerializer(serializers.Serializer):
    categories = NamedNodeSerializer(many=True)
    flat_list = FlatCategorySerializer(many=True)
    total = serializers.IntegerField()


class ProductGroupSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.DictField(child=serializers.CharField())
    slug = serializers.CharField()
    description = serializers.DictField(child=serializers.CharField())


class ShopProductSerializer(ProductSerializer):
    """A product: the Partner API's fields and the names that older pages have for them."""

    regular_price = serializers.DecimalField(12, 2, allow_null=True, source="price", read_only=True)
    final_price = serializers.SerializerMethodField(help_text="The discounted price where there is one.")
    barcode = serializers.CharField(source="ean", read_only=True)
    categories = serializers.SerializerMethodField()

    def get_final_price(self, product: Product) -> Decimal | None:
        return product.price if product.discounted_price is None else product.discounted_price

    @extend_schema_field(ProductGroupSerializer(many=True))
    def get_categories(self, product: Product) -> list[dict[str, Any]]:
        return [
            {"id": row.pk, "name": row.name, "slug": slug_of(row), "description": row.description}
            for row in product.categories.all()
        ]


def category_nodes(branches: Sequence[Branch]) -> list[dict[str, Any]]:
    """The body of CategoryNodeSerializer."""
    return [
        {
            "id": branch.category.pk,
            "name": branch.category.name,
            "slug": slug_of(branch.category),
            "parent_id": branch.category.parent_id,
            "children": category_nodes(branch.children),
        }
        for branch in branches
    ]


def named_nodes(branches: Sequence[Branch], language: str, fallback: str) -> list[dict[str, Any]]:
    """The body of NamedNodeSerializer."""
    return [
        {
            "id": branch.category.pk,
            "name": name_of(branch.category, language, fallback),
            "slug": slug_of(branch.category),
            "children": named_nodes(branch.children, language, fallback),
        }
        for branch in branches
    ]


def name_of(category: Category, language: str, fallback: str) -> str:
    """Its name in one language; its key where it has none."""
    return shown_text(category.name, language, fallback) or category.key
