"""What the partner's own systems did wrong: `/{locale}/partners/request-log`."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ValidationFailed
from partners.api.base import PartnerViewSet
from partners.api.request_log import EXAMPLE, FailedCallAnswer, FailedCallFilters, answer_failed_calls
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient


class RequestLogViewSet(PartnerViewSet):
    """The last failed calls of each of the partner's API keys."""

    capabilities = {"list": "requests.view"}
    parameters = {"list": PAGE_PARAMETERS | FailedCallFilters.names()}
    page_default = 50
    page_cap = 100

    @document(
        "List failed calls of API keys",
        answer=FailedCallAnswer,
        many=True,
        paginated=True,
        parameters=FailedCallFilters.described(),
        raises=(InsufficientPartnerPermissions, ScopeInsufficient, ValidationFailed),
        example=[EXAMPLE],
        description="The last hundred of each key, newest first, kept for thirty days. Wrong secrets and calls beyond"
        " the rate limit are noted once in ten seconds.",
        operation_id="partners_request_log_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        return answer_failed_calls(partner=self.partner, query=request.query_params, page=self.page())
