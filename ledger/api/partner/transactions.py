"""Transactions: `/{locale}/partners/transactions`."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api.partner.filters import TransactionFilters
from ledger.api.partner.serializers import (
    DETAIL_EXAMPLE,
    ROW_EXAMPLE,
    GroupSerializer,
    TransactionDetailSerializer,
    TransactionRowSerializer,
)
from ledger.selectors.transaction_groups import group_transactions
from ledger.selectors.transaction_list import list_transactions
from ledger.selectors.transactions import get_transaction, transactions_of
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, UnknownParameter, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied, ResourceNotFound)
ROWS = PolymorphicProxySerializer(
    component_name="TransactionRowOrGroup",
    serializers=[TransactionRowSerializer, GroupSerializer],
    resource_type_field_name=None,
    many=True,
)


class TransactionViewSet(PartnerViewSet):
    """What happened at the tills; read-only, rows come from tills and imports."""

    capabilities = {"list": "transactions.view", "retrieve": "transactions.view"}
    parameters = {"list": PAGE_PARAMETERS | TransactionFilters.names()}
    page_cap = 100

    @document(
        "List transactions",
        answer=ROWS,
        paginated=True,
        parameters=TransactionFilters.described(),
        raises=(*REFUSED, ValidationFailed, UnknownParameter),
        example=[ROW_EXAMPLE],
        description=(
            "Newest first; anonymous sales included. Days are those of the partner's time zone. With `group_by` the "
            "rows are sums. Who is limited to shops sees the transactions of those only."
        ),
    )
    def list(self, request: Request, locale: str) -> Response | HttpResponse:
        page = self.page()
        filters = self._filters(request._request.GET)
        if filters is not None and filters.group:
            groups, total = group_transactions(
                partner=self.partner, narrowed=filters.narrowed, by=filters.group, page=page
            )
            return envelope.ok(GroupSerializer(groups, many=True).data, meta=page.meta(total))
        found = list_transactions(partner=self.partner, page=page, narrowed=filters and filters.narrowed)
        return envelope.written(found.rows, meta=page.meta(found.total))

    @document("Get a transaction", answer=TransactionDetailSerializer, raises=REFUSED, example=DETAIL_EXAMPLE)
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        row = get_transaction(partner=self.partner, transaction_id=pk, reach=self.shop_ids)
        return envelope.ok(TransactionDetailSerializer(row).data)

    def _filters(self, query: Any) -> TransactionFilters | None:
        """None where nothing narrows the list: its quick way."""
        if self.shop_ids is None and not set(query) - PAGE_PARAMETERS:
            return None
        return TransactionFilters(
            query,
            transactions_of(self.partner, self.shop_ids),
            partner=self.partner,
            reach=self.shop_ids,
            at=self.now,
        )
