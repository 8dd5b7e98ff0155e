"""What was sent to a webhook endpoint, and sending it again: `/{locale}/partners/webhooks/{id}/…`."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceNotFound, ValidationFailed
from messaging.api import webhook_examples as examples
from messaging.api.webhook_filters import DeliveryFilters
from messaging.api.webhook_serializers import (
    DeliveryAnswer,
    DeliveryDetailAnswer,
    NothingForm,
    ReplayAnswer,
    SpanForm,
    span_of,
)
from messaging.errors import WebhookNotActive
from messaging.selectors.deliveries import deliveries_of, get_delivery, list_deliveries
from messaging.selectors.webhooks import get_endpoint
from messaging.services.replays import MOST, replay_delivery, replay_span, send_test
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)
AGAIN = (*REFUSED, ResourceNotFound, WebhookNotActive, ValidationFailed)


class DeliveryViewSet(PartnerViewSet):
    """The deliveries of one endpoint, kept for thirty days."""

    capabilities = {
        "list": "webhooks.view",
        "retrieve": "webhooks.view",
        "test": "webhooks.edit",
        "replay": "webhooks.edit",
        "replay_span": "webhooks.edit",
    }
    parameters = {"list": PAGE_PARAMETERS | DeliveryFilters.names()}
    page_default = 50
    page_cap = 100

    @document(
        "List the deliveries of a webhook endpoint",
        answer=DeliveryAnswer,
        many=True,
        paginated=True,
        parameters=DeliveryFilters.described(),
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example=[examples.DELIVERY],
        description="Newest first. `error` says why the last attempt came to nothing.",
        operation_id="partners_webhooks_deliveries_list",
    )
    def list(self, request: Request, locale: str, pk: int) -> Response:
        endpoint = get_endpoint(partner=self.partner, endpoint_id=pk)
        rows = deliveries_of(partner=self.partner, endpoint_id=endpoint.pk)
        filters = DeliveryFilters(request.query_params, rows, partner=self.partner)
        page = self.page()
        shown, total = list_deliveries(partner=self.partner, filtered=filters.narrowed, page=page)
        return envelope.ok(DeliveryAnswer(shown, many=True).data, meta=page.meta(total))

    @document(
        "Get a delivery",
        answer=DeliveryDetailAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.DELIVERY_WITH_BODY,
    )
    def retrieve(self, request: Request, locale: str, pk: int, delivery_id: int) -> Response:
        endpoint = get_endpoint(partner=self.partner, endpoint_id=pk)
        delivery = get_delivery(partner=self.partner, endpoint_id=endpoint.pk, delivery_id=delivery_id)
        return envelope.ok(DeliveryDetailAnswer(delivery).data)

    @document(
        "Send a test event",
        answer=DeliveryDetailAnswer,
        body=NothingForm,
        code=201,
        raises=AGAIN,
        example={**examples.DELIVERY_WITH_BODY, "event": "ping"},
        body_example={},
        description="A `ping`, sent like any event within seconds; look at the delivery for what became of it.",
    )
    def test(self, request: Request, locale: str, pk: int) -> Response:
        self.validated(NothingForm)
        delivery = send_test(actor=self.actor, partner=self.partner, endpoint_id=pk, at=self.now)
        return envelope.created(DeliveryDetailAnswer(delivery).data)

    @document(
        "Send an event again",
        answer=DeliveryDetailAnswer,
        body=NothingForm,
        raises=AGAIN,
        example={**examples.DELIVERY_WITH_BODY, "attempts": 0, "replays": 1},
        body_example={},
        description="Under the same webhook-id, beginning with the first attempt. One that still waits is tried now.",
    )
    def replay(self, request: Request, locale: str, pk: int, delivery_id: int) -> Response:
        self.validated(NothingForm)
        delivery = replay_delivery(
            actor=self.actor, partner=self.partner, endpoint_id=pk, delivery_id=delivery_id, at=self.now
        )
        return envelope.ok(DeliveryDetailAnswer(delivery).data)

    @document(
        "Send the events of a span of time again",
        answer=ReplayAnswer,
        body=SpanForm,
        raises=AGAIN,
        example={"replayed": 212, "most": MOST},
        body_example=examples.SPAN_BODY,
        description="Deliveries that failed (or, by `states`, were accepted), and events that the endpoint never got"
        " because it was off while another endpoint of yours was on.",
    )
    def replay_span(self, request: Request, locale: str, pk: int) -> Response:
        span = span_of(self.validated(SpanForm))
        count = replay_span(actor=self.actor, partner=self.partner, endpoint_id=pk, span=span, at=self.now)
        return envelope.ok({"replayed": count, "most": MOST})
