"""Customers: `/{locale}/partners/customers`."""

from rest_framework.request import Request
from rest_framework.response import Response

from customers.selectors.customers import customers_of
from ledger.api.partner.customer_serializers import (
    BODY_EXAMPLE,
    DETAIL_EXAMPLE,
    ROW_EXAMPLE,
    CustomerCreateSerializer,
    CustomerDetailSerializer,
    CustomerRowSerializer,
    CustomerWriteSerializer,
    customer_answer,
)
from ledger.api.partner.filters import CustomerFilters
from ledger.selectors.customers import get_customer_detail, list_customers
from ledger.services.customers import change_customer, register_customer
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
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)
WRITE = (*REFUSED, ResourceNotFound, ResourceAlreadyExists, ValidationFailed, MalformedRequest)


class CustomerViewSet(PartnerViewSet):
    """Whom a partner knows. Customers are the partner's and every shop serves them; what they bought elsewhere stays
    hidden from staff who are limited to shops.
    """

    capabilities = {
        "list": "customers.view",
        "retrieve": "customers.view",
        "create": "customers.edit",
        "update": "customers.edit",
    }
    parameters = {"list": PAGE_PARAMETERS | CustomerFilters.names()}
    page_cap = 100

    @document(
        "List customers",
        answer=CustomerRowSerializer,
        many=True,
        paginated=True,
        parameters=CustomerFilters.described(),
        raises=(*REFUSED, StoreAccessDenied, ResourceNotFound, ValidationFailed, UnknownParameter),
        example=[ROW_EXAMPLE],
        description="The newest first. Points and purchases are those of all shops together.",
    )
    def list(self, request: Request, locale: str) -> Response:
        filters = CustomerFilters(
            request.query_params,
            customers_of(self.partner),
            partner=self.partner,
            reach=self.shop_ids,
            at=self.now,
        )
        page = self.page()
        rows, total = list_customers(partner=self.partner, narrowed=filters.narrowed, page=page, at=self.now)
        return envelope.ok(CustomerRowSerializer(rows, many=True).data, meta=page.meta(total))

    @document(
        "Register a customer",
        answer=CustomerDetailSerializer,
        body=CustomerCreateSerializer,
        code=201,
        raises=(*WRITE, StoreAccessDenied),
        example=DETAIL_EXAMPLE,
        body_example=BODY_EXAMPLE,
        description=(
            "At least one of name, e-mail, phone and external id. The partner's programme with `auto_assign` issues a "
            "card with its bonus at once."
        ),
    )
    def create(self, request: Request, locale: str) -> Response:
        detail = register_customer(
            actor=self.actor,
            partner=self.partner,
            data=self.validated(CustomerCreateSerializer),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.created(customer_answer(detail))

    @document(
        "Get a customer",
        answer=CustomerDetailSerializer,
        raises=(*REFUSED, ResourceNotFound),
        example=DETAIL_EXAMPLE,
        description="Shops visited and history show the caller's shops only, where the caller is limited to some.",
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        detail = get_customer_detail(partner=self.partner, customer_id=pk, reach=self.shop_ids, at=self.now)
        return envelope.ok(customer_answer(detail))

    @document(
        "Change a customer",
        answer=CustomerDetailSerializer,
        body=CustomerWriteSerializer,
        raises=WRITE,
        example=DETAIL_EXAMPLE,
        body_example={"phone": None, "consents": {"email": {"marketing": False}}},
        description="Every field is optional; what is not named stays. null forgets an e-mail, phone or external id.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        detail = change_customer(
            actor=self.actor,
            partner=self.partner,
            customer_id=pk,
            data=self.validated(CustomerWriteSerializer),
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.ok(customer_answer(detail))
