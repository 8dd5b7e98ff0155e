"""A partner's webhook endpoints as the platform sees them: `/{locale}/admin/partners/{id}/webhooks`."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.reasons import ReasonForm
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from messaging.api import webhook_examples as examples
from messaging.api.webhook_serializers import EndpointAnswer
from messaging.errors import WebhookNotActive
from messaging.selectors.webhooks import get_endpoint, list_endpoints
from messaging.services.webhooks import hold_endpoint, switch_endpoint
from partners.api.admin.base import AdminPartnerViewSet
from partners.errors import InsufficientPartnerPermissions, PartnerNotFound

REFUSED = (InsufficientPartnerPermissions, PartnerNotFound)
REASON = {"reason": "Their server is being moved, ticket 4711"}


class PartnerWebhookViewSet(AdminPartnerViewSet):
    """Endpoints are the partner's: the platform looks at them, pauses and resumes. Secrets are shown to nobody."""

    capabilities = dict.fromkeys(("list", "retrieve", "pause", "resume"), "admin")
    rights = {
        "list": "messaging.view_webhookendpoint",
        "retrieve": "messaging.view_webhookendpoint",
        "pause": "messaging.change_webhookendpoint",
        "resume": "messaging.change_webhookendpoint",
    }
    parameters = {"list": PAGE_PARAMETERS}
    page_default = 50
    page_cap = 100

    @document(
        "List a partner's webhook endpoints",
        answer=EndpointAnswer,
        many=True,
        paginated=True,
        raises=(*REFUSED, ValidationFailed),
        example=[examples.ENDPOINT],
        operation_id="admin_partners_webhooks_list",
    )
    def list(self, request: Request, locale: str, id: int) -> Response:
        page = self.page()
        rows, total = list_endpoints(partner=self.partner, page=page)
        return envelope.ok(EndpointAnswer(rows, many=True).data, meta=page.meta(total))

    @document(
        "Get a partner's webhook endpoint",
        answer=EndpointAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.ENDPOINT,
    )
    def retrieve(self, request: Request, locale: str, id: int, pk: int) -> Response:
        return envelope.ok(EndpointAnswer(get_endpoint(partner=self.partner, endpoint_id=pk)).data)

    @document(
        "Pause a partner's webhook endpoint",
        answer=EndpointAnswer,
        body=ReasonForm,
        raises=(*REFUSED, ResourceNotFound, WebhookNotActive, ValidationFailed),
        example={**examples.ENDPOINT, "is_active": False, "state": "paused", "reason": "held"},
        body_example=REASON,
        description="Its events wait, for thirty days. The partner sees the pause and cannot end it.",
    )
    def pause(self, request: Request, locale: str, id: int, pk: int) -> Response:
        reason = self.validated(ReasonForm)["reason"]
        endpoint = hold_endpoint(actor=self.actor, partner=self.partner, endpoint_id=pk, reason=reason, at=self.now)
        return envelope.ok(EndpointAnswer(endpoint).data)

    @document(
        "Resume a partner's webhook endpoint",
        answer=EndpointAnswer,
        body=ReasonForm,
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example=examples.ENDPOINT,
        body_example=REASON,
        description="Whatever it was off for. What waited is sent.",
    )
    def resume(self, request: Request, locale: str, id: int, pk: int) -> Response:
        reason = self.validated(ReasonForm)["reason"]
        endpoint = switch_endpoint(
            actor=self.actor, partner=self.partner, endpoint_id=pk, is_active=True, reason=reason, at=self.now
        )
        return envelope.ok(EndpointAnswer(endpoint).data)
