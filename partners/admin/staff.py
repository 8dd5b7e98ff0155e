"""Who works for which partner, and in which shops."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from loyalty.backoffice.base import RecordAdmin
from loyalty.backoffice.display import link
from loyalty.backoffice.forms import RecordForm
from partners.models import Shop, StaffMember


class StaffForm(RecordForm):
    """A job: who, where, as what."""

    links = {"works_in": "shops"}
    works_in = forms.ModelMultipleChoiceField(
        label=_("Shops"),
        queryset=Shop.objects.select_related("partner"),
        required=False,
        widget=AutocompleteSelectMultiple(StaffMember._meta.get_field("shops"), admin.site),
        help_text=_("Where a manager or cashier works; none means everywhere. Owners and analysts are never limited."),
    )


@admin.register(StaffMember)
class StaffMemberAdmin(RecordAdmin):
    """Staff of partners; who has left is switched off and locked out at once."""

    form = StaffForm
    list_display = ("user_link", "partner_link", "role_label", "is_active", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("role", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_select_related = ("user", "partner")
    search_fields = ("user__email", "user__name")
    autocomplete_fields = ("partner", "user")
    readonly_fields = ("created_at",)
    fieldsets = ((None, {"fields": ("partner", "user", "role", "works_in", "is_active", "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "user"] if obj is not None else fixed

    @display(description=_("Shops"))
    def works_in(self, obj: StaffMember) -> str:
        """For those who may only look."""
        return ", ".join(str(shop) for shop in obj.shops.all())

    @display(description=_("user"), ordering="user__email")
    def user_link(self, obj: StaffMember) -> str:
        return obj.user.email

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: StaffMember) -> Any:
        return link(obj.partner)

    @display(description=_("role"), ordering="role", label={"owner": "primary", "manager": "info"})
    def role_label(self, obj: StaffMember) -> tuple[str, Any]:
        return obj.role, obj.get_role_display()
