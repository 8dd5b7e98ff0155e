"""What a partner is paid, and what it is to pay: `/{locale}/partners/payouts`."""

from rest_framework.request import Request
from rest_framework.response import Response

from commissions.api import payout_examples as examples
from commissions.api.payouts import PayoutAnswer, PayoutFilters
from commissions.selectors.payouts import page_of_payouts, payouts_of
from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied


class PayoutViewSet(PartnerViewSet):
    """The partner's own; a draft is none yet."""

    capabilities = {"list": "statements.view"}
    parameters = {"list": PAGE_PARAMETERS | PayoutFilters.names()}

    @document(
        "List payouts and invoices of the partner",
        description="Newest first. They are of the whole business: who is limited to shops sees none.",
        answer=PayoutAnswer,
        many=True,
        paginated=True,
        parameters=PayoutFilters.described(),
        raises=(InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied, ValidationFailed),
        example=[examples.PAYOUT],
    )
    def list(self, request: Request, locale: str) -> Response:
        if self.shop_ids is not None:
            raise StoreAccessDenied
        filters = PayoutFilters(request.query_params, payouts_of(self.partner))
        page = self.page()
        found = page_of_payouts(narrowed=filters.narrowed, page=page)
        return envelope.ok(PayoutAnswer(found.rows, many=True).data, meta=page.meta(found.total))
