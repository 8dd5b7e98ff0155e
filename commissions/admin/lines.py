"""The lines themselves."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from commissions.choices import SourceType
from commissions.models import CommissionEntry
from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import change_url, display, link, list_url, money, to
from loyalty.backoffice.filters import ExactFilter


@admin.register(CommissionEntry)
class CommissionEntryAdmin(ReadOnlyAdmin):
    """The lines themselves."""

    list_display = (
        "id",
        "partner_link",
        "period",
        "kind",
        "component",
        "category",
        "shown_base",
        "shown_amount",
        "source",
    )
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("period", ExactFilter),
        ("kind", ChoicesDropdownFilter),
        ("component", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "period", "rate")
    search_fields = ("=source_id",)
    search_help_text = _("The number of a transaction.")
    readonly_fields = ("shown_base", "shown_amount", "source")
    fieldsets = (
        (None, {"fields": ("partner", "period", "origin_month", "kind", "component", "revision")}),
        (_("Source"), {"fields": ("source", "shop", "category", "local_on")}),
        (_("Amounts"), {"fields": ("shown_base", "rate", "shown_amount", "recorded_at")}),
    )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: CommissionEntry) -> Any:
        return link(obj.partner)

    @display(description=_("base"))
    def shown_base(self, obj: CommissionEntry) -> str:
        return money(obj.base, obj.currency)

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, obj: CommissionEntry) -> str:
        return money(obj.amount, obj.currency)

    @display(description=_("source"))
    def source(self, obj: CommissionEntry) -> Any:
        if obj.source_type == SourceType.MANUAL:
            return to(change_url("commissions.manualline", obj.source_id), obj.get_source_type_display())
        if obj.source_type != SourceType.TRANSACTION:
            return obj.get_source_type_display()
        return to(list_url("ledger.transaction", id__exact=obj.source_id), obj.source_id)
