"""Webhook endpoints and what was sent to them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.enums import ActionVariant

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import display, link, list_url, listed, to
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.panels import Panel
from messaging.models import Delivery, WebhookEndpoint
from messaging.models.delivery import OPEN_DELIVERY
from messaging.services.replays import replay_delivery
from messaging.services.webhooks import hold_endpoint, switch_endpoint


def _is_there(endpoint: WebhookEndpoint) -> bool:
    return endpoint.deleted_at is None


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Where partners' own systems hear events. Partners keep them; secrets are shown to nobody."""

    list_display = ("url", "partner", "shown_state", "failing_since", "delivered_at", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("url", "description")
    search_help_text = _("A part of the address or of the description.")
    fields = (
        *("partner", "url", "description", "shown_events", "shown_state", "state_at", "failing_since"),
        *("delivered_at", "is_slow", "former_until", "created_at", "deleted_at"),
    )
    actions_detail = ("switch_on", "hold", "switch_off")

    def panels(self, request: HttpRequest, obj: WebhookEndpoint) -> list[Panel]:
        url = list_url("messaging.delivery", endpoint__id__exact=obj.pk)
        return [Panel(_("See also"), links=[to(url, _("Deliveries to this endpoint"))])]

    def facts(self, subject: WebhookEndpoint) -> list[tuple[Any, Any]]:
        return [(_("partner"), subject.partner), (_("address"), subject.url)]

    @reason_action(
        title=_("Switch on"),
        question=_("Events are sent there again, and those that waited."),
        permission="messaging.change_webhookendpoint",
        icon="play_arrow",
        when=lambda endpoint: _is_there(endpoint) and not endpoint.is_active,
    )
    def switch_on(self, request: HttpRequest, subject: WebhookEndpoint, data: dict[str, Any]) -> Any:
        switch_endpoint(
            actor=actor_of(request),
            partner=subject.partner,
            endpoint_id=subject.pk,
            is_active=True,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The endpoint was switched on.")

    @reason_action(
        title=_("Pause"),
        question=_("Its events wait until the platform switches it on again; the partner cannot."),
        permission="messaging.change_webhookendpoint",
        icon="pause",
        when=lambda endpoint: _is_there(endpoint) and endpoint.state != "disabled" and not endpoint.is_held,
    )
    def hold(self, request: HttpRequest, subject: WebhookEndpoint, data: dict[str, Any]) -> Any:
        hold_endpoint(
            actor=actor_of(request),
            partner=subject.partner,
            endpoint_id=subject.pk,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The endpoint was paused.")

    @reason_action(
        title=_("Switch off"),
        question=_("Nothing is sent there, and nothing is recorded for it, until somebody switches it on."),
        permission="messaging.change_webhookendpoint",
        icon="block",
        variant=ActionVariant.DANGER,
        when=lambda endpoint: _is_there(endpoint) and endpoint.state != "disabled",
    )
    def switch_off(self, request: HttpRequest, subject: WebhookEndpoint, data: dict[str, Any]) -> Any:
        switch_endpoint(
            actor=actor_of(request),
            partner=subject.partner,
            endpoint_id=subject.pk,
            is_active=False,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The endpoint was switched off.")

    @display(description=_("events"))
    def shown_events(self, obj: WebhookEndpoint) -> str:
        return ", ".join(obj.events)

    @display(
        description=_("state"),
        ordering="state",
        label={"active": "success", "paused": "warning", "disabled": "danger", "deleted": "danger"},
    )
    def shown_state(self, obj: WebhookEndpoint) -> tuple[str, Any]:
        if obj.deleted_at is not None:
            return "deleted", _("deleted")
        return obj.state, obj.get_reason_display() or obj.get_state_display()


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Events on their way to endpoints."""

    list_display = ("created_at", "endpoint_link", "partner", "kind", "shown_state", "attempts", "last_status", "error")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("endpoint", ExactFilter),
        ("state", ChoicesDropdownFilter),
        ("error", ChoicesDropdownFilter),
        ("kind", ExactFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "endpoint")
    fields = (
        *("partner", "endpoint_link", "event_id_outside", "kind", "shown_state", "attempts", "replays", "due_at"),
        *("last_at", "last_status", "last_ms", "error", "created_at", "finished_at", "sent_data"),
    )
    actions_detail = ("replay",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("partner", "endpoint", "event")

    def facts(self, subject: Delivery) -> list[tuple[Any, Any]]:
        return [(_("partner"), subject.partner), (_("endpoint"), subject.endpoint), (_("kind of event"), subject.kind)]

    @reason_action(
        title=_("Send again"),
        question=_("The same event is sent once more, under the same id."),
        permission="messaging.change_delivery",
        icon="replay",
        when=lambda delivery: delivery.state not in OPEN_DELIVERY and delivery.endpoint.is_active,
    )
    def replay(self, request: HttpRequest, subject: Delivery, data: dict[str, Any]) -> Any:
        replay_delivery(
            actor=actor_of(request),
            partner=subject.partner,
            endpoint_id=subject.endpoint_id,
            delivery_id=subject.pk,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The event waits to be sent again.")

    @display(description=_("endpoint"))
    def endpoint_link(self, obj: Delivery) -> Any:
        return link(obj.endpoint)

    @display(description=_("event id"))
    def event_id_outside(self, obj: Delivery) -> str:
        return obj.event.public_id

    @display(description=_("data"))
    def sent_data(self, obj: Delivery) -> str:
        return listed(obj.event.data)

    @display(
        description=_("state"),
        ordering="state",
        label={"pending": "info", "sending": "info", "delivered": "success", "failed": "danger"},
    )
    def shown_state(self, obj: Delivery) -> tuple[str, Any]:
        return obj.state, obj.get_state_display()
