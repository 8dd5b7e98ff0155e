"""What a partner's own systems did wrong, for whoever helps them: `/{locale}/admin/partners/{id}/request-log`."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ValidationFailed
from partners.api.admin.base import AdminPartnerViewSet
from partners.api.request_log import EXAMPLE, FailedCallAnswer, FailedCallFilters, answer_failed_calls
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound


class PartnerRequestLogViewSet(AdminPartnerViewSet):
    """The last failed calls of each of a partner's API keys."""

    capabilities = {"list": "admin"}
    rights = {
        "list": "loyalty.view_failedcall",
    }
    parameters = {"list": PAGE_PARAMETERS | FailedCallFilters.names()}
    page_default = 50
    page_cap = 100

    @document(
        "List failed calls of a partner's API keys",
        answer=FailedCallAnswer,
        many=True,
        paginated=True,
        parameters=FailedCallFilters.described(),
        raises=(InsufficientPartnerPermissions, PartnerNotFound, ValidationFailed),
        example=[EXAMPLE],
        description="As the partner sees them: the last hundred of each key, newest first, kept for thirty days.",
        operation_id="admin_partners_request_log_list",
    )
    def list(self, request: Request, locale: str, id: int) -> Response:
        return answer_failed_calls(partner=self.partner, query=request.query_params, page=self.page())
