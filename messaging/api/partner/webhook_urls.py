from typing import Any

from django.urls import path

from messaging.api.partner.deliveries import DeliveryViewSet
from messaging.api.partner.webhooks import WebhookViewSet

ONE: dict[str, Any] = {"get": "retrieve", "put": "update", "delete": "destroy"}
HOOK = "partners/webhooks/<int:pk>"

urlpatterns = [
    path("partners/webhooks", WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path("partners/webhooks/events", WebhookViewSet.as_view({"get": "kinds"})),
    path(HOOK, WebhookViewSet.as_view(ONE)),
    path(f"{HOOK}/rotate-secret", WebhookViewSet.as_view({"post": "rotate"})),
    path(f"{HOOK}/test", DeliveryViewSet.as_view({"post": "test"})),
    path(f"{HOOK}/replay", DeliveryViewSet.as_view({"post": "replay_span"})),
    path(f"{HOOK}/deliveries", DeliveryViewSet.as_view({"get": "list"})),
    path(f"{HOOK}/deliveries/<int:delivery_id>", DeliveryViewSet.as_view({"get": "retrieve"})),
    path(f"{HOOK}/deliveries/<int:delivery_id>/replay", DeliveryViewSet.as_view({"post": "replay"})),
]
