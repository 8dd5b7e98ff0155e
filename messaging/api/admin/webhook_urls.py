from django.urls import path

from messaging.api.admin.deliveries import PartnerDeliveryViewSet
from messaging.api.admin.webhooks import PartnerWebhookViewSet

HOOKS = "admin/partners/<int:id>/webhooks"
ONE = f"{HOOKS}/<int:pk>"

urlpatterns = [
    path(HOOKS, PartnerWebhookViewSet.as_view({"get": "list"})),
    path(ONE, PartnerWebhookViewSet.as_view({"get": "retrieve"})),
    path(f"{ONE}/pause", PartnerWebhookViewSet.as_view({"post": "pause"})),
    path(f"{ONE}/resume", PartnerWebhookViewSet.as_view({"post": "resume"})),
    path(f"{ONE}/replay", PartnerDeliveryViewSet.as_view({"post": "replay_span"})),
    path(f"{ONE}/deliveries", PartnerDeliveryViewSet.as_view({"get": "list"})),
    path(f"{ONE}/deliveries/<int:delivery_id>", PartnerDeliveryViewSet.as_view({"get": "retrieve"})),
    path(f"{ONE}/deliveries/<int:delivery_id>/replay", PartnerDeliveryViewSet.as_view({"post": "replay"})),
]
