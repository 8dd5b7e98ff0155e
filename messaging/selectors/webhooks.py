"""Reads of webhook endpoints."""

from django.db.models import QuerySet

from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from loyalty.services.outbox import Wanted
from messaging.choices import EndpointState
from messaging.models import WebhookEndpoint
from partners.models import Partner

LISTENING = (EndpointState.ACTIVE, EndpointState.PAUSED)


def list_wanted_across_partners() -> Wanted:
    """Which partners want which events. A paused endpoint still wants its events: they wait for it."""
    rows = WebhookEndpoint.objects.filter(deleted_at=None, state__in=LISTENING).values_list("partner_id", "events")
    return frozenset((partner_id, kind) for partner_id, events in rows for kind in events)


def endpoints_of(partner: Partner) -> QuerySet[WebhookEndpoint]:
    """The endpoints that a partner has, in the order in which they were made."""
    return WebhookEndpoint.objects.filter(partner=partner, deleted_at=None).order_by("pk")


def list_endpoints(*, partner: Partner, page: Page) -> tuple[list[WebhookEndpoint], int]:
    """A page of them, and how many there are."""
    rows = endpoints_of(partner)
    return list(rows[page.offset : page.offset + page.size]), rows.count()


def get_endpoint(*, partner: Partner, endpoint_id: int) -> WebhookEndpoint:
    """One of them. Raises ResourceNotFound."""
    endpoint = endpoints_of(partner).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise ResourceNotFound
    return endpoint
