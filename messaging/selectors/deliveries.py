"""Reads of webhook deliveries."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from messaging.choices import EndpointState
from messaging.models import Delivery, WebhookEndpoint
from messaging.models.delivery import OPEN_DELIVERY
from partners.models import Partner


def deliveries_of(*, partner: Partner, endpoint_id: int) -> QuerySet[Delivery]:
    """What was or will be sent to one endpoint of a partner."""
    return Delivery.objects.filter(partner=partner, endpoint_id=endpoint_id)


def list_deliveries(*, partner: Partner, filtered: QuerySet[Delivery], page: Page) -> tuple[list[Delivery], int]:
    """A page of `filtered` deliveries of the partner, the newest first, and how many there are."""
    rows = filtered.filter(partner=partner)
    shown = rows.select_related("event").order_by("-pk")[page.offset : page.offset + page.size]
    return list(shown), rows.count()


def get_delivery(*, partner: Partner, endpoint_id: int, delivery_id: int) -> Delivery:
    """One of them, with its event. Raises ResourceNotFound."""
    rows = deliveries_of(partner=partner, endpoint_id=endpoint_id).select_related("event")
    delivery = rows.filter(pk=delivery_id).first()
    if delivery is None:
        raise ResourceNotFound
    return delivery


def is_anything_due_across_partners(*, at: datetime) -> bool:
    """Whether some endpoint that hears events has one to be sent now."""
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), state__in=OPEN_DELIVERY, due_at__lte=at)
    return WebhookEndpoint.objects.filter(Exists(due), state=EndpointState.ACTIVE, deleted_at=None).exists()
