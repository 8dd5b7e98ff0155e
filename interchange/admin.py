"""Imports of feeds: what was read, what came of it, and what was refused."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from interchange.models import FeedImport, FeedRowError
from interchange.rules.feed_texts import FEED_REASONS, ITEM_REASONS
from loyalty.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from loyalty.backoffice.display import NOTHING, display, instant, link

COLORS = {"queued": "info", "running": "info", "completed": "success", "failed": "danger"}


class RowErrorInline(ReadOnlyInline):
    """Items that were not taken."""

    model = FeedRowError
    ordering = ("id",)
    fields = ("line", "item", "external_id", "field", "why")
    readonly_fields = ("why",)
    verbose_name_plural = _("refused items")

    @display(description=_("reason"))
    def why(self, obj: FeedRowError) -> Any:
        return ITEM_REASONS.get(obj.reason, obj.reason)


@admin.register(FeedImport)
class FeedImportAdmin(ReadOnlyAdmin):
    """One reading of a feed."""

    list_display = ("shown_at", "partner_link", "__str__", "state", "items", "products", "offers", "errors_count")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("url", "file_name")
    fieldsets = (
        (None, {"fields": ("partner", "source", "url", "file_name", "status", "failure")}),
        (_("Wishes"), {"fields": ("auto_publish", "deactivate_missing")}),
        (
            _("What came of it"),
            {
                "fields": (
                    ("items", "errors_count"),
                    ("products_created", "products_updated", "products_unchanged", "products_deactivated"),
                    ("offers_created", "offers_updated", "offers_unchanged"),
                )
            },
        ),
        (_("Times"), {"fields": ("created_at", "started_at", "finished_at", "deleted_at")}),
    )
    readonly_fields = ("failure",)
    inlines = (RowErrorInline,)

    @display(description=_("created at"), ordering="created_at")
    def shown_at(self, obj: FeedImport) -> str:
        return instant(obj.created_at)

    @display(description=_("partner"))
    def partner_link(self, obj: FeedImport) -> Any:
        return link(obj.partner)

    @display(description=_("status"), label=COLORS)
    def state(self, obj: FeedImport) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("products"))
    def products(self, obj: FeedImport) -> str:
        return f"+{obj.products_created} ~{obj.products_updated} -{obj.products_deactivated}"

    @display(description=_("offers"))
    def offers(self, obj: FeedImport) -> str:
        return f"+{obj.offers_created} ~{obj.offers_updated}"

    @display(description=_("error"))
    def failure(self, obj: FeedImport) -> Any:
        return FEED_REASONS.get(obj.error_reason, obj.error_code) or NOTHING
