"""What was sent to a partner's webhook endpoint: `/{locale}/admin/partners/{id}/webhooks/{pk}/…`."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.reasons import ReasonForm
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from messaging.api import webhook_examples as examples
from messaging.api.admin.webhooks import REASON, REFUSED
from messaging.api.webhook_filters import DeliveryFilters
from messaging.api.webhook_serializers import (
    DeliveryAnswer,
    DeliveryDetailAnswer,
    ReasonedSpanForm,
    ReplayAnswer,
    span_of,
)
from messaging.errors import WebhookNotActive
from messaging.selectors.deliveries import deliveries_of, get_delivery, list_deliveries
from messaging.selectors.webhooks import get_endpoint
from messaging.services.replays import MOST, replay_delivery, replay_span
from partners.api.admin.base import AdminPartnerViewSet

AGAIN = (*REFUSED, ResourceNotFound, WebhookNotActive, ValidationFailed)


class PartnerDeliveryViewSet(AdminPartnerViewSet):
    """The deliveries of one endpoint, kept for thirty days, and sending them again."""

    capabilities = dict.fromkeys(("list", "retrieve", "replay", "replay_span"), "admin")
    rights = {
        "list": "messaging.view_delivery",
        "retrieve": "messaging.view_delivery",
        "replay": "messaging.change_delivery",
        "replay_span": "messaging.change_delivery",
    }
    parameters = {"list": PAGE_PARAMETERS | DeliveryFilters.names()}
    page_default = 50
    page_cap = 100

    @document(
        "List the deliveries of a partner's webhook endpoint",
        answer=DeliveryAnswer,
        many=True,
        paginated=True,
        parameters=DeliveryFilters.described(),
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example=[examples.DELIVERY],
        description="Newest first. `error` says why the last attempt came to nothing.",
        operation_id="admin_partners_webhooks_deliveries_list",
    )
    def list(self, request: Request, locale: str, id: int, pk: int) -> Response:
        endpoint = get_endpoint(partner=self.partner, endpoint_id=pk)
        rows = deliveries_of(partner=self.partner, endpoint_id=endpoint.pk)
        filters = DeliveryFilters(request.query_params, rows, partner=self.partner)
        page = self.page()
        shown, total = list_deliveries(partner=self.partner, filtered=filters.narrowed, page=page)
        return envelope.ok(DeliveryAnswer(shown, many=True).data, meta=page.meta(total))

    @document(
        "Get a delivery to a partner's webhook endpoint",
        answer=DeliveryDetailAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.DELIVERY_WITH_BODY,
    )
    def retrieve(self, request: Request, locale: str, id: int, pk: int, delivery_id: int) -> Response:
        endpoint = get_endpoint(partner=self.partner, endpoint_id=pk)
        delivery = get_delivery(partner=self.partner, endpoint_id=endpoint.pk, delivery_id=delivery_id)
        return envelope.ok(DeliveryDetailAnswer(delivery).data)

    @document(
        "Send an event to a partner's webhook endpoint again",
        answer=DeliveryDetailAnswer,
        body=ReasonForm,
        raises=AGAIN,
        example={**examples.DELIVERY_WITH_BODY, "attempts": 0, "replays": 1},
        body_example=REASON,
        description="Under the same webhook-id, beginning with the first attempt. One that still waits is tried now.",
    )
    def replay(self, request: Request, locale: str, id: int, pk: int, delivery_id: int) -> Response:
        delivery = replay_delivery(
            actor=self.actor,
            partner=self.partner,
            endpoint_id=pk,
            delivery_id=delivery_id,
            reason=self.validated(ReasonForm)["reason"],
            at=self.now,
        )
        return envelope.ok(DeliveryDetailAnswer(delivery).data)

    @document(
        "Send the events of a span of time to a partner's webhook endpoint again",
        answer=ReplayAnswer,
        body=ReasonedSpanForm,
        raises=AGAIN,
        example={"replayed": 212, "most": MOST},
        body_example={**examples.SPAN_BODY, **REASON},
        description="Deliveries that failed (or, by `states`, were accepted), and events that the endpoint never got.",
    )
    def replay_span(self, request: Request, locale: str, id: int, pk: int) -> Response:
        form = self.validated(ReasonedSpanForm)
        count = replay_span(
            actor=self.actor,
            partner=self.partner,
            endpoint_id=pk,
            span=span_of(form),
            reason=form["reason"],
            at=self.now,
        )
        return envelope.ok({"replayed": count, "most": MOST})
