"""What synchronizations changed."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from commissions.choices import Component, EntryKind
from commissions.models import SyncRun
from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import NOTHING, display, instant, link, list_url, money, to
from loyalty.backoffice.panels import Panel

ACTIONS = {"create": _("new"), "update": _("changed"), "remove": _("removed")}


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
    readonly_fields = ("moved", "skipped")
    fieldsets = (
        (None, {"fields": ("partner", "kind", "month", "actor_kind", "actor_id", "at", "finished_at")}),
        (
            _("Lines"),
            {"fields": ("sales", "created", "updated", "removed", "unchanged", "adjustments", "rates_changed")},
        ),
        (_("Amounts"), {"fields": ("moved", "skipped")}),
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

    @display(description=_("locked months left alone"))
    def skipped(self, obj: SyncRun) -> str:
        return ", ".join(obj.skipped_locked_periods) or NOTHING

    def panels(self, request: HttpRequest, obj: SyncRun) -> list[Panel]:
        rows = [_change(line, obj.partner.currency) for line in obj.diff]
        changed = obj.created + obj.updated + obj.removed
        title = (
            _("Changed lines")
            if len(rows) >= changed
            else format_lazy(_("Changed lines: the first {shown} of {all}"), shown=len(rows), all=changed)
        )
        headers = [_("transaction"), _("component"), _("category"), _("change"), _("before"), _("after")]
        return [Panel(title, headers, rows, empty=_("No line was changed."))]


def _change(line: dict[str, Any], currency: str) -> list[Any]:
    before, after = (_side(line[side], currency) for side in ("before", "after"))
    source = to(list_url("ledger.transaction", id__exact=line["source_id"]), line["source_id"])
    component = dict(Component.choices).get(line["component"], line["component"])
    action = ACTIONS.get(line["action"], line["action"])
    return [source, component, line["category"] or NOTHING, action, before, after]


def _side(side: dict[str, Any] | None, currency: str) -> str:
    """What a line was, or is: `0.80 EUR (Accrual)`."""
    if side is None:
        return NOTHING
    kind = dict(EntryKind.choices).get(side["kind"], side["kind"])
    return f"{money(Decimal(side['amount']), currency)} ({kind})"
