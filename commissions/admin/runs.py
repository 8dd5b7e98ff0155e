"""What synchronizations changed."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from commissions.models import SyncRun
from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import instant, link, money


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    """What synchronizations changed."""

    list_display = (
        "id",
        "partner_link",
        "kind",
        "month",
        "created",
        "updated",
        "removed",
        "adjustments",
        "moved",
        "when",
    )
    list_filter = (("partner", AutocompleteSelectFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("partner",)
    search_fields = ("partner__name",)
    search_help_text = _("A part of the partner's name.")
    readonly_fields = ("moved",)
    fieldsets = (
        (None, {"fields": ("partner", "kind", "month", "actor_kind", "actor_id", "at", "finished_at")}),
        (
            _("Lines"),
            {"fields": ("sales", "created", "updated", "removed", "unchanged", "adjustments", "rates_changed")},
        ),
        (_("Amounts"), {"fields": ("moved", "skipped_locked_periods", "diff")}),
    )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: SyncRun) -> Any:
        return link(obj.partner)

    @display(description=_("total before and after"))
    def moved(self, obj: SyncRun) -> str:
        currency = obj.partner.currency
        return f"{money(obj.total_before, currency)} → {money(obj.total_after, currency)}"

    @display(description=_("at"), ordering="at")
    def when(self, obj: SyncRun) -> str:
        return instant(obj.at)
