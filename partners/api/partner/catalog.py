"""Products and categories: `/{locale}/partners/products` and `/{locale}/partners/categories`."""

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import (
    MalformedRequest,
    ResourceAlreadyExists,
    ResourceNotFound,
    UnknownParameter,
    ValidationFailed,
)
from partners.api.base import PartnerViewSet
from partners.api.partner import catalog_examples as examples
from partners.api.partner.catalog_filters import CategoryFilters, ProductFilters
from partners.api.partner.catalog_serializers import CategorySerializer, ProductSerializer
from partners.errors import CategoryInUse, InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied
from partners.selectors.catalog import (
    categories_of,
    get_category,
    get_product,
    list_categories,
    list_products,
    products_of,
)
from partners.selectors.shops import check_whole_partner
from partners.services.categories import create_category, delete_category, update_category
from partners.services.products import create_product, delete_product, update_product

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)
READ = (*REFUSED, ResourceNotFound, ValidationFailed, UnknownParameter)
WRITE = (*REFUSED, StoreAccessDenied, ResourceNotFound, ResourceAlreadyExists, ValidationFailed, MalformedRequest)
CAPABILITIES = {
    "list": "catalog.view",
    "retrieve": "catalog.view",
    "create": "catalog.edit",
    "update": "catalog.edit",
    "destroy": "catalog.edit",
}


class CategoryViewSet(PartnerViewSet):
    """Groups of goods, in a tree, the same in every shop: who is limited to some sees them and changes none."""

    capabilities = CAPABILITIES
    parameters = {"list": PAGE_PARAMETERS | CategoryFilters.names()}
    page_default = 50
    page_cap = 200

    @document(
        "List categories",
        answer=CategorySerializer,
        many=True,
        paginated=True,
        parameters=CategoryFilters.described(),
        raises=READ,
        example=[examples.CATEGORY],
        description="By key. The tree is in `parent_id`.",
        operation_id="partners_categories_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = CategoryFilters(request.query_params, categories_of(self.partner), partner=self.partner)
        page = self.page()
        rows, total = list_categories(partner=self.partner, filtered=filters.narrowed, page=page)
        return envelope.ok(CategorySerializer(rows, many=True).data, meta=page.meta(total))

    @document(
        "Create a category",
        answer=CategorySerializer,
        body=CategorySerializer,
        code=201,
        raises=WRITE,
        example=examples.CATEGORY,
        body_example=examples.CATEGORY_BODY,
        description="A category below one that earns no points earns none either.",
    )
    def create(self, request: Request, locale: str) -> Response:
        check_whole_partner(reach=self.shop_ids)
        data = self.validated(CategorySerializer)
        category = create_category(actor=self.actor, partner=self.partner, data=data, at=self.now)
        return envelope.created(CategorySerializer(category).data)

    @document(
        "Get a category", answer=CategorySerializer, raises=(*REFUSED, ResourceNotFound), example=examples.CATEGORY
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return envelope.ok(CategorySerializer(get_category(partner=self.partner, category_id=pk)).data)

    @document(
        "Change a category",
        answer=CategorySerializer,
        body=CategorySerializer,
        raises=WRITE,
        example=examples.CATEGORY,
        body_example={"parent_id": None},
        description="Every field is optional. A category that stops earning takes all below it along.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        check_whole_partner(reach=self.shop_ids)
        data = self.validated(CategorySerializer, partial=True)
        category = update_category(actor=self.actor, partner=self.partner, category_id=pk, data=data, at=self.now)
        return envelope.ok(CategorySerializer(category).data)

    @document(
        "Delete a category",
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound, CategoryInUse),
        description="Only one that nothing hangs below and no product is in.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        check_whole_partner(reach=self.shop_ids)
        delete_category(actor=self.actor, partner=self.partner, category_id=pk, at=self.now)
        return envelope.acknowledged(_("The category was deleted."))


class ProductViewSet(PartnerViewSet):
    """The catalogue, the same in every shop: who is limited to some sees it and changes nothing."""

    capabilities = CAPABILITIES
    parameters = {"list": PAGE_PARAMETERS | ProductFilters.names()}
    page_default = 20
    page_cap = 100

    @document(
        "List products",
        answer=ProductSerializer,
        many=True,
        paginated=True,
        parameters=ProductFilters.described(),
        raises=READ,
        example=[examples.PRODUCT],
        description="Newest first.",
        operation_id="partners_products_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = ProductFilters(request.query_params, products_of(self.partner), partner=self.partner)
        page = self.page()
        rows, total = list_products(partner=self.partner, filtered=filters.narrowed, page=page)
        return envelope.ok(ProductSerializer(rows, many=True).data, meta=page.meta(total))

    @document(
        "Create a product",
        answer=ProductSerializer,
        body=ProductSerializer,
        code=201,
        raises=WRITE,
        example=examples.PRODUCT,
        body_example=examples.PRODUCT_BODY,
        description="One that was deleted under the same `external_id` comes back with the new values.",
    )
    def create(self, request: Request, locale: str) -> Response:
        check_whole_partner(reach=self.shop_ids)
        data = self.validated(ProductSerializer)
        product = create_product(actor=self.actor, partner=self.partner, data=data, at=self.now)
        return envelope.created(ProductSerializer(product).data)

    @document("Get a product", answer=ProductSerializer, raises=(*REFUSED, ResourceNotFound), example=examples.PRODUCT)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return envelope.ok(ProductSerializer(get_product(partner=self.partner, product_id=pk)).data)

    @document(
        "Change a product",
        answer=ProductSerializer,
        body=ProductSerializer,
        raises=WRITE,
        example=examples.PRODUCT,
        body_example={"discounted_price": None},
        description="Every field is optional; what is not named stays.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        check_whole_partner(reach=self.shop_ids)
        data = self.validated(ProductSerializer, partial=True)
        product = update_product(actor=self.actor, partner=self.partner, product_id=pk, data=data, at=self.now)
        return envelope.ok(ProductSerializer(product).data)

    @document(
        "Delete a product",
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound),
        description="No catalogue shows it any more; sales and coupons that name it stay.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        check_whole_partner(reach=self.shop_ids)
        delete_product(actor=self.actor, partner=self.partner, product_id=pk, at=self.now)
        return envelope.acknowledged(_("The product was deleted."))
