"""The kernel's outgoing events, and the failed calls of API keys: pages beside those of webhooks."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import NOTHING, display, listed
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.targets import target_link
from loyalty.models import FailedCall, OutboxEvent


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Facts that partners' own systems listen to, written down with their cause."""

    list_display = ("occurred_at", "kind", "partner_id", "public_id", "relayed_at")
    list_filter = (("kind", ExactFilter), ("partner_id", ExactFilter), ("occurred_at", RangeDateTimeFilter))
    fields = ("public_id", "partner_id", "kind", "shown_data", "occurred_at", "recorded_at", "relayed_at")

    @display(description=_("data"))
    def shown_data(self, obj: OutboxEvent) -> str:
        return listed(obj.data)


@admin.register(FailedCall)
class FailedCallAdmin(ReadOnlyAdmin):
    """The last refused calls of each API key."""

    list_display = ("at", "method", "path", "status", "code", "shown_fields", "key_link", "request_id")
    list_filter = (
        ("partner_id", ExactFilter),
        ("credential_id", ExactFilter),
        ("status", ExactFilter),
        ("code", ExactFilter),
        ("at", RangeDateTimeFilter),
    )
    search_fields = ("request_id__exact",)
    search_help_text = _("A request id.")
    fields = (
        *("at", "partner_id", "key_link", "method", "path", "shown_parameters", "status", "code", "shown_fields"),
        "request_id",
    )

    @display(description=_("API key"))
    def key_link(self, obj: FailedCall) -> Any:
        return target_link("partners.apicredential", str(obj.credential_id))

    @display(description=_("fields"))
    def shown_fields(self, obj: FailedCall) -> str:
        return ", ".join(obj.fields) or NOTHING

    @display(description=_("query parameters"))
    def shown_parameters(self, obj: FailedCall) -> str:
        return ", ".join(obj.parameters) or NOTHING
