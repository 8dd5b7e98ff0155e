"""What a partner pays: `/{locale}/partners/commissions`."""

from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import examples
from commissions.api.admin.serializers import LineAnswer
from commissions.api.fields import plain
from commissions.api.filters import LineFilters
from commissions.selectors.entries import lines_of, list_lines
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied


class CommissionLineViewSet(PartnerViewSet):
    """The partner's own lines, read-only."""

    capabilities = {"list": "statements.view"}
    parameters = {"list": PAGE_PARAMETERS | LineFilters.names()}
    page_default = 50
    page_cap = 200

    @document(
        "List commission lines",
        description=(
            "Newest first. `meta.total_amount` is what all lines that were asked for come to. Who is limited to shops "
            "sees the lines of those only."
        ),
        answer=LineAnswer,
        many=True,
        paginated=True,
        parameters=LineFilters.described(),
        raises=(
            *(InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied),
            *(ResourceNotFound, ValidationFailed),
        ),
        example=[examples.LINE],
    )
    def list(self, request: Request, locale: str) -> Response:
        rows = lines_of(self.partner, self.shop_ids)
        filters = LineFilters(request.query_params, rows, partner=self.partner, reach=self.shop_ids)
        page = self.page()
        found = list_lines(partner=self.partner, narrowed=filters.narrowed, page=page)
        meta = {**page.meta(found.total), "total_amount": plain(found.amount)}
        return envelope.ok(LineAnswer(found.rows, many=True).data, meta=meta)
