"""Webhook endpoints: `/{locale}/partners/webhooks`."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import envelope
from loyalty.api.base import PAGE_PARAMETERS
from loyalty.api.schema import document
from loyalty.errors import ResourceAlreadyExists, ResourceNotFound, ValidationFailed
from loyalty.services.outbox import list_event_kinds
from messaging.api import webhook_examples as examples
from messaging.api.webhook_serializers import (
    EndpointAnswer,
    EndpointChange,
    EndpointForm,
    KindAnswer,
    NewEndpointAnswer,
    RotationForm,
    present_kind,
)
from messaging.errors import TooManyWebhooks, WebhookHeld
from messaging.selectors.webhooks import get_endpoint, list_endpoints
from messaging.services.webhooks import NewSecret, create_endpoint, delete_endpoint, rotate_secret, update_endpoint
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient

REFUSED = (InsufficientPartnerPermissions, ScopeInsufficient)


class WebhookViewSet(PartnerViewSet):
    """Endpoints of the partner's own systems, kept by its owners and managers."""

    capabilities = {
        "list": "webhooks.view",
        "kinds": "webhooks.view",
        "retrieve": "webhooks.view",
        "create": "webhooks.edit",
        "update": "webhooks.edit",
        "destroy": "webhooks.edit",
        "rotate": "webhooks.edit",
    }
    parameters = {"list": PAGE_PARAMETERS}
    page_default = 50
    page_cap = 100

    @document(
        "List webhook endpoints",
        answer=EndpointAnswer,
        many=True,
        paginated=True,
        raises=(*REFUSED, ValidationFailed),
        example=[examples.ENDPOINT],
        operation_id="partners_webhooks_list",
    )
    def list(self, request: Request, locale: str) -> Response:
        page = self.page()
        rows, total = list_endpoints(partner=self.partner, page=page)
        return envelope.ok(EndpointAnswer(rows, many=True).data, meta=page.meta(total))

    @document(
        "List the events of webhooks",
        answer=KindAnswer,
        many=True,
        raises=REFUSED,
        example=[examples.KIND],
        description="Every event that an endpoint can listen to, with an example of what is sent.",
    )
    def kinds(self, request: Request, locale: str) -> Response:
        return envelope.ok([present_kind(kind, self.now) for kind in list_event_kinds()])

    @document(
        "Create a webhook endpoint",
        answer=NewEndpointAnswer,
        body=EndpointForm,
        code=201,
        raises=(*REFUSED, ResourceAlreadyExists, TooManyWebhooks, ValidationFailed),
        example=examples.NEW_ENDPOINT,
        body_example=examples.ENDPOINT_BODY,
        description="The secret is shown this once; keep it. An Idempotency-Key is not heeded, because an answer with"
        " a secret is kept nowhere: a second call with the same address is a conflict.",
    )
    def create(self, request: Request, locale: str) -> Response:
        data = self.validated(EndpointForm)
        made = create_endpoint(actor=self.actor, partner=self.partner, data=data, at=self.now)
        return self._shown_once(made, 201)

    create.keeps_its_own_key = True

    @document(
        "Get a webhook endpoint",
        answer=EndpointAnswer,
        raises=(*REFUSED, ResourceNotFound),
        example=examples.ENDPOINT,
    )
    def retrieve(self, request: Request, locale: str, pk: int) -> Response:
        return envelope.ok(EndpointAnswer(get_endpoint(partner=self.partner, endpoint_id=pk)).data)

    @document(
        "Change a webhook endpoint",
        answer=EndpointAnswer,
        body=EndpointChange,
        raises=(*REFUSED, ResourceNotFound, ResourceAlreadyExists, WebhookHeld, ValidationFailed),
        example=examples.ENDPOINT,
        body_example={"events": ["points.awarded", "coupon.redeemed"], "is_active": True},
        description="Every field is optional; what is not named stays. The secret stays too.",
    )
    def update(self, request: Request, locale: str, pk: int) -> Response:
        data = self.validated(EndpointChange, partial=True)
        endpoint = update_endpoint(actor=self.actor, partner=self.partner, endpoint_id=pk, data=data, at=self.now)
        return envelope.ok(EndpointAnswer(endpoint).data)

    @document(
        "Delete a webhook endpoint",
        raises=(*REFUSED, ResourceNotFound),
        description="What still waits to be sent is given up.",
    )
    def destroy(self, request: Request, locale: str, pk: int) -> Response:
        delete_endpoint(actor=self.actor, partner=self.partner, endpoint_id=pk, at=self.now)
        return envelope.acknowledged(_("The webhook endpoint was deleted."))

    @document(
        "Rotate the secret of a webhook endpoint",
        answer=NewEndpointAnswer,
        body=RotationForm,
        raises=(*REFUSED, ResourceNotFound, ValidationFailed),
        example={**examples.NEW_ENDPOINT, "former_secret_until": "2026-11-03T08:00:00Z"},
        body_example={"overlap_hours": 24},
        description="The new secret is shown this once. Until `former_secret_until` both secrets sign every event:"
        " `webhook-signature` holds two signatures, `X-Loyalty-Signature-Former` that of the former secret.",
    )
    def rotate(self, request: Request, locale: str, pk: int) -> Response:
        overlap = timedelta(hours=self.validated(RotationForm)["overlap_hours"])
        made = rotate_secret(actor=self.actor, partner=self.partner, endpoint_id=pk, overlap=overlap, at=self.now)
        return self._shown_once(made, 200)

    rotate.keeps_its_own_key = True

    @staticmethod
    def _shown_once(made: NewSecret, code: int) -> Response:
        shown: dict[str, Any] = {**EndpointAnswer(made.endpoint).data, "secret": made.secret}
        response = envelope.ok(shown, code=code)
        response.headers["Cache-Control"] = "no-store"
        return response
