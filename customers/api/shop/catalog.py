"""Categories and products for tills and web shops."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import TillViewSet
from customers.api.shop.catalog_serializers import (
    DASHES,
    CategoryNodeSerializer,
    ProductCategoriesSerializer,
    ShopProductSerializer,
    category_nodes,
    name_of,
    named_nodes,
)
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.partner.catalog_examples import PRODUCT
from partners.api.partner.catalog_filters import ProductFilters
from partners.errors import ScopeInsufficient
from partners.selectors.catalog import category_tree, flat, get_product, list_products, products_of

SHOWN: dict[str, Any] = {**PRODUCT, "regular_price": 4.5, "final_price": 3.9, "barcode": PRODUCT["ean"]}


class CategoryTreeViewSet(TillViewSet):
    """The partner's tree of categories."""

    capabilities: ClassVar[Mapping[str, str]] = {"list": "till.read", "for_products": "till.read"}

    @document(
        "List categories as a tree",
        answer=CategoryNodeSerializer,
        many=True,
        raises=(ScopeInsufficient,),
        example=[
            {
                "id": 2,
                "name": {"en": "Food", "lt": "Maistas"},
                "slug": "food",
                "parent_id": None,
                "children": [
                    {
                        "id": 4,
                        "name": {"en": "Cakes", "lt": "Tortai"},
                        "slug": "cakes",
                        "parent_id": 2,
                        "children": [],
                    }
                ],
            }
        ],
    )
    def list(self, request: Request, locale: str) -> Response:
        return ok(category_nodes(category_tree(partner=self.partner)))

    @document(
        "List categories of products",
        answer=ProductCategoriesSerializer,
        raises=(ScopeInsufficient,),
        description="As a tree, and as one list whose names are indented.",
        example={
            "categories": [
                {
                    "id": 2,
                    "name": "Food",
                    "slug": "food",
                    "children": [{"id": 4, "name": "Cakes", "slug": "cakes", "children": []}],
                }
            ],
            "flat_list": [{"id": 2, "name": "Food", "level": 0}, {"id": 4, "name": "— Cakes", "level": 1}],
            "total": 2,
        },
    )
    def for_products(self, request: Request, locale: str) -> Response:
        tree = category_tree(partner=self.partner)
        fallback = self.partner.default_language
        rows = [
            {
                "id": branch.category.pk,
                "name": DASHES * branch.level + name_of(branch.category, locale, fallback),
                "level": branch.level,
            }
            for branch in flat(tree)
        ]
        return ok({"categories": named_nodes(tree, locale, fallback), "flat_list": rows, "total": len(rows)})


class ShopProductViewSet(TillViewSet):
    """The catalogue, active products unless others are asked for."""

    capabilities: ClassVar[Mapping[str, str]] = {"list": "till.read", "retrieve": "till.read"}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {"list": PAGE_PARAMETERS | ProductFilters.names()}

    @document(
        "List products of the catalogue",
        answer=ShopProductSerializer,
        many=True,
        paginated=True,
        parameters=ProductFilters.described(),
        raises=(ScopeInsufficient, ValidationFailed, ResourceNotFound),
        description="Newest first; `is_active` is true unless said otherwise.",
        example=[SHOWN],
    )
    def list(self, request: Request, locale: str) -> Response:
        rows = products_of(self.partner)
        if not request.query_params.get("is_active"):
            rows = rows.filter(is_active=True)
        filters = ProductFilters(request.query_params, rows, partner=self.partner)
        page = self.page()
        shown, total = list_products(partner=self.partner, filtered=filters.narrowed, page=page)
        return ok(ShopProductSerializer(shown, many=True).data, meta=page.meta(total))

    @document(
        "Get a product of the catalogue",
        answer=ShopProductSerializer,
        raises=(ScopeInsufficient, ResourceNotFound),
        example=SHOWN,
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return ok(ShopProductSerializer(get_product(partner=self.partner, product_id=pk)).data)
