"""Rates with their history."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from commissions.models import CommissionRate
from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import NOTHING, link, money


@admin.register(CommissionRate)
class CommissionRateAdmin(ReadOnlyAdmin):
    """Every version of every rate; changed through the API, where a set is put as a whole."""

    list_display = ("component", "partner_link", "shop", "category", "mode", "terms", "since", "until", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("component", ChoicesDropdownFilter),
        ("mode", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "shop")
    search_fields = ("category", "partner__name")
    search_help_text = _("A part of the category or of the partner's name.")
    readonly_fields = ("since", "until")
    fieldsets = (
        (None, {"fields": ("partner", "shop", "category", "component", "currency")}),
        (_("Terms"), {"fields": ("mode", "percent", "fixed", "minimum", "maximum", "tiers")}),
        (_("Times"), {"fields": ("since", "until", "withdrawn_at", "created_at", "actor_kind", "actor_id")}),
    )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: CommissionRate) -> Any:
        return _("Platform's default") if obj.partner is None else link(obj.partner)

    @display(description=_("rate"))
    def terms(self, obj: CommissionRate) -> str:
        fixed = f" + {money(obj.fixed, obj.currency)}" if obj.fixed else ""
        return f"{obj.percent.normalize():f} %{fixed}"

    @display(description=_("valid from"), ordering="valid_from")
    def since(self, obj: CommissionRate) -> str:
        return f"{obj.valid_from:%Y-%m-%d %H:%M}"

    @display(description=_("valid until"), ordering="valid_to")
    def until(self, obj: CommissionRate) -> Any:
        if obj.withdrawn_at is not None:
            return _("withdrawn")
        return f"{obj.valid_to:%Y-%m-%d %H:%M}" if obj.valid_to else NOTHING
