"""Shops."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter

from loyalty.backoffice.base import RecordAdmin
from loyalty.backoffice.display import display, link
from loyalty.backoffice.fields import ObjectField
from loyalty.backoffice.forms import RecordForm
from partners.admin.partners import CONTACTS
from partners.models import Shop

DAYS = {
    "monday": _("Monday"),
    "tuesday": _("Tuesday"),
    "wednesday": _("Wednesday"),
    "thursday": _("Thursday"),
    "friday": _("Friday"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday"),
}


def _hours() -> forms.CharField:
    widget = widgets.UnfoldAdminTextInputWidget({"placeholder": "08:00-20:00"})
    return forms.CharField(max_length=40, required=False, widget=widget)


class ShopForm(RecordForm):
    """A shop's form: working hours as seven inputs."""

    working_hours = ObjectField(
        {day: (name, _hours()) for day, name in DAYS.items()},
        label=_("Working hours"),
        required=False,
        columns=True,
        help_text=_("For example 08:00-20:00; empty means closed."),
    )


@admin.register(Shop)
class ShopAdmin(RecordAdmin):
    """Locations of partners; a closed one is switched off, its sales stay."""

    form = ShopForm
    list_display = ("name", "partner_link", "city", "address", "is_active", "is_virtual")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("is_active", BooleanRadioFilter),
        ("is_virtual", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("name", "city")
    autocomplete_fields = ("partner",)
    readonly_fields = ("created_at", "updated_at")
    personal_fields = CONTACTS
    fieldsets = (
        (None, {"fields": ("partner", "name", "description", "is_active", "is_virtual")}),
        (_("Where"), {"fields": ("address", "city", "latitude", "longitude")}),
        (_("Contact"), {"fields": ("phone", "email", "website")}),
        (_("Open"), {"fields": ("working_hours",)}),
        (_("Times"), {"fields": ("created_at", "updated_at")}),
    )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Shop) -> Any:
        return link(obj.partner)
