"""Days of partners as they are rolled up, to look at; and the way to the page of statistics."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from analytics.admin.statistics import statistics_page
from analytics.models import PartnerDay
from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import display, link, money, points


@admin.register(PartnerDay)
class PartnerDayAdmin(ReadOnlyAdmin):
    """The daily roll-up, the newest day first."""

    list_display = (
        "local_on",
        "partner_link",
        "purchases",
        "shown_revenue",
        "shown_refunds",
        "shown_commission",
        "shown_issued",
        "shown_redeemed",
    )
    list_filter = (("partner", AutocompleteSelectFilter), ("local_on", RangeDateFilter))
    list_select_related = ("partner",)
    search_fields = ("partner__name",)
    search_help_text = _("A part of the partner's name.")
    ordering = ("-local_on", "-id")
    readonly_fields = ("shown_revenue", "shown_refunds", "shown_discounts", "shown_commission")
    fieldsets = (
        (None, {"fields": ("partner", "local_on", "currency", "purchases", "reversals")}),
        (_("Amounts"), {"fields": ("shown_revenue", "shown_refunds", "shown_discounts", "shown_commission")}),
        (_("Points"), {"fields": ("points_issued", "points_redeemed", "points_expired", "points_adjusted")}),
    )

    def get_urls(self) -> list[Any]:
        shown = path("statistics/", self.admin_site.admin_view(self.statistics), name="analytics_statistics")
        return [shown, *super().get_urls()]

    def statistics(self, request: HttpRequest) -> HttpResponse:
        """A period beside the one before."""
        return statistics_page(self, request)

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: PartnerDay) -> Any:
        return link(obj.partner)

    @display(description=_("revenue"), ordering="revenue")
    def shown_revenue(self, obj: PartnerDay) -> str:
        return money(obj.revenue, obj.currency)

    @display(description=_("refunded"), ordering="refunds")
    def shown_refunds(self, obj: PartnerDay) -> str:
        return money(obj.refunds, obj.currency)

    @display(description=_("paid with points"), ordering="discounts")
    def shown_discounts(self, obj: PartnerDay) -> str:
        return money(obj.discounts, obj.currency)

    @display(description=_("commission"), ordering="commission")
    def shown_commission(self, obj: PartnerDay) -> str:
        return money(obj.commission, obj.currency)

    @display(description=_("points issued"), ordering="points_issued")
    def shown_issued(self, obj: PartnerDay) -> str:
        return points(obj.points_issued)

    @display(description=_("points redeemed"), ordering="points_redeemed")
    def shown_redeemed(self, obj: PartnerDay) -> str:
        return points(obj.points_redeemed)
