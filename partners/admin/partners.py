"""Partners with their tree, and the plans they pay for."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from loyalty.backoffice.base import RecordAdmin
from loyalty.backoffice.display import link, list_url, to
from loyalty.backoffice.fields import LevelsField
from loyalty.backoffice.forms import RecordForm
from loyalty.backoffice.panels import Panel
from partners.models import Partner, Plan

# A partner's and a shop's name is the name of a business: the audit log may show it.
CONTACTS = frozenset({"contact_email", "contact_phone", "email", "phone"})


class PartnerForm(RecordForm):
    """A partner's form: languages as boxes, levels as lines."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=settings.LANGUAGES,
        initial=["lt", "en"],
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    default_language = forms.ChoiceField(
        label=_("Default language"),
        choices=settings.LANGUAGES,
        initial="lt",
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    levels = LevelsField(
        label=_("Customer levels"),
        help_text=_("One level a line, with the points a customer must have earned: Gold: 5000"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and "levels" in self.fields:
            self.initial["levels"] = Partner._meta.get_field("levels").get_default()

    def clean_country(self) -> str:
        return self.cleaned_data["country"].upper()

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"].upper()

    def clean_parent(self) -> Partner | None:
        parent = above = self.cleaned_data["parent"]
        while above is not None:
            if above.pk == self.instance.pk:
                raise ValidationError(_("This would make the partner belong to itself."))
            above = above.parent
        return parent

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        default, languages = self.cleaned_data.get("default_language"), self.cleaned_data.get("languages")
        if default and languages and default not in languages:
            self.add_error("default_language", _("Choose one of the partner's languages."))
        return cleaned


@admin.register(Partner)
class PartnerAdmin(RecordAdmin):
    """The paying businesses; a suspended one is kept."""

    form = PartnerForm
    list_display = ("name", "parent_link", "kind", "state", "plan", "country", "currency", "created_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("plan", RelatedDropdownFilter),
        ("parent", AutocompleteSelectFilter),
        ("verification_status", ChoicesDropdownFilter),
        ("compliance_status", ChoicesDropdownFilter),
    )
    list_select_related = ("parent", "plan")
    search_fields = ("name", "legal_name", "registration_code")
    search_help_text = _("A part of the name, or the registration code.")
    autocomplete_fields = ("parent",)
    readonly_fields = ("created_at", "updated_at")
    personal_fields = CONTACTS
    fieldsets = (
        (None, {"fields": ("name", "legal_name", "registration_code", "description")}),
        (_("Place in the tree"), {"fields": ("kind", "parent")}),
        (_("State"), {"fields": ("status", "plan", "verification_status", "compliance_status")}),
        (_("Contact"), {"fields": ("contact_email", "contact_phone", "website", "logo_url")}),
        (_("Region"), {"fields": ("country", "time_zone", "currency", "languages", "default_language")}),
        (_("Selling"), {"fields": ("earn_basis", "enrol_unknown_emails", "attach_receipt_days", "levels")}),
        (_("Times"), {"fields": ("created_at", "updated_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        # Sales and points are counted in it.
        return [*fixed, "currency"] if obj is not None else fixed

    def search_label(self, obj: Any) -> str:
        return f"{obj.name} · {obj.get_status_display()}"

    def partner_id_of(self, obj: Any) -> int | None:
        return obj.pk

    @display(description=_("belongs to"), ordering="parent__name")
    def parent_link(self, obj: Partner) -> Any:
        return link(obj.parent)

    @display(
        description=_("status"),
        ordering="status",
        label={"active": "success", "suspended": "danger", "rejected": "danger", "pending_review": "warning"},
    )
    def state(self, obj: Partner) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    def panels(self, request: HttpRequest, obj: Partner) -> list[Panel]:
        children = [[link(child), child.get_kind_display(), child.get_status_display()] for child in obj.children.all()]
        below = Panel(_("Partners below"), [_("partner"), _("kind"), _("status")], children)
        return [*([below] if children else []), Panel(_("Belongs to this partner"), links=self._lists(obj))]

    def _lists(self, obj: Partner) -> list[Any]:
        """A link for every page whose rows name a partner, whichever app it belongs to."""
        found = {}
        for model in self.admin_site._registry:
            try:
                model._meta.get_field("partner")
            except FieldDoesNotExist:
                continue
            url = list_url(model._meta.label_lower, partner__id__exact=obj.pk)
            name = capfirst(str(model._meta.verbose_name_plural))
            found[name] = to(url, name)
        return [found[name] for name in sorted(found)]


@admin.register(Plan)
class PlanAdmin(RecordAdmin):
    """What the plans allow."""

    list_display = (
        "name",
        "code",
        "staff_per_hour",
        "staff_per_minute",
        "credential_per_hour",
        "credential_per_minute",
    )
    ordering = ("id",)
    personal_fields = frozenset()
    fieldsets = (
        (None, {"fields": ("code", "name")}),
        (_("Staff"), {"fields": ("staff_per_hour", "staff_per_minute")}),
        (_("API credentials"), {"fields": ("credential_per_hour", "credential_per_minute")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        # It is the partner's `tier` on the wire.
        return [*fixed, "code"] if obj is not None else fixed
