"""Partners with their tree, and the plans they pay for."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter

from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import display, link, list_url, to
from loyalty.backoffice.fields import LevelsField
from loyalty.backoffice.forms import RecordForm
from loyalty.backoffice.panels import Panel
from partners.admin.credentials import shown_once
from partners.admin.lifecycle import LifecycleActions, history, papers
from partners.admin.new_partner import ABOUT, WHO, Beginning
from partners.choices import PartnerStatus
from partners.models import Partner, Plan
from partners.rules.profile import COUNTRIES, CURRENCIES
from partners.services.partners import NewPartner, create_partner
from partners.services.profile import PLATFORM_FIELDS, update_partner
from partners.services.tree import ABOVE_OTHERS

# A partner's and a shop's name is the name of a business: the audit log may show it.
CONTACTS = frozenset({"contact_email", "contact_phone", "email", "phone"})
STATE = ("status", "verification_status", "compliance_status")


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
        country = self.cleaned_data["country"].upper()
        if country not in COUNTRIES:
            raise ValidationError(_("Unknown country: two letters, for example LT."))
        return country

    def clean_currency(self) -> str:
        currency = self.cleaned_data["currency"].upper()
        if currency not in CURRENCIES:
            raise ValidationError(_("Unknown currency: three capital letters, for example EUR."))
        return currency

    def clean_parent(self) -> Partner | None:
        parent = above = self.cleaned_data["parent"]
        while above is not None:
            if above.pk == self.instance.pk:
                raise ValidationError(_("This would make the partner belong to itself."))
            above = above.parent
        if parent is not None and parent.pk != self.instance.parent_id:
            if parent.kind not in ABOVE_OTHERS:
                raise ValidationError(_("Partners belong to a network or an agency only."))
            if parent.status == PartnerStatus.CLOSED:
                raise ValidationError(_("This partner is closed."))
        return parent

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        default, languages = self.cleaned_data.get("default_language"), self.cleaned_data.get("languages")
        if default and languages and default not in languages:
            self.add_error("default_language", _("Choose one of the partner's languages."))
        return cleaned


class NewPartnerForm(PartnerForm, Beginning):
    """A new partner with its first shop and its owner."""


@admin.register(Partner)
class PartnerAdmin(LifecycleActions, RecordAdmin):
    """The paying businesses; none is ever deleted. Their states are moved by actions, each with its reason."""

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
    actions_detail = LifecycleActions.lifecycle_actions
    personal_fields = CONTACTS
    fieldsets = (
        (None, {"fields": ("name", "legal_name", "registration_code", "description")}),
        (_("Place in the tree"), {"fields": ("kind", "parent")}),
        (_("Plan"), {"fields": ("plan",)}),
        (_("State"), {"fields": (*STATE, "status_changed_at", "rejection_reason", "review_notes")}),
        (_("Contact"), {"fields": ("contact_email", "contact_phone", "website", "logo_url")}),
        (_("Region"), {"fields": ("country", "time_zone", "currency", "languages", "default_language")}),
        (_("Selling"), {"fields": ("earn_basis", "enrol_unknown_emails", "attach_receipt_days", "levels")}),
        (_("Times"), {"fields": ("created_at", "updated_at")}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if change else {"form": NewPartnerForm}), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return super().get_fieldsets(request, obj)
        left = [one for one in self.fieldsets if one[0] not in {_("State"), _("Times")}]
        beginning = (_("State"), {"fields": ("status",)})
        parts = [(title, {"fields": fields}) for title, fields in (ABOUT, WHO)]
        return [left[0], *parts, beginning, *left[1:], (_("API credentials"), {"fields": ("with_credentials",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        # Sales and points are counted in the currency; states have their actions, checks follow from papers.
        told = ("currency", *STATE, "status_changed_at", "rejection_reason", "review_notes")
        return [*fixed, *told] if obj is not None else fixed

    def save_model(self, request: HttpRequest, obj: Partner, form: Any, change: bool) -> None:
        shared: dict[str, Any] = {"actor": actor_of(request), "at": timezone.now()}
        if not change:
            made = create_partner(**form.read(), **shared)
            obj.pk, obj._state.adding = made.partner.pk, False
            request.made_partner = made  # type: ignore[attr-defined]
            return
        data = {name: form.cleaned_data[name] for name in form.changed_data if name in PLATFORM_FIELDS}
        if "plan" in data:
            data["plan"] = data["plan"].code
        if "parent" in form.changed_data:
            parent = form.cleaned_data["parent"]
            data["parent_id"] = parent.pk if parent else None
        update_partner(partner=obj, data=data, reason=form.cleaned_data.get("audit_reason", ""), **shared)

    def response_add(self, request: HttpRequest, obj: Partner, post_url_continue: Any = None) -> HttpResponse:
        made: NewPartner = request.made_partner  # type: ignore[attr-defined]
        if made.secret is None:
            return super().response_add(request, obj, post_url_continue)
        return shown_once(self, request, made.secret, _("New API credential"))

    def facts(self, subject: Partner) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject),
            *((self.opts.get_field(name).verbose_name, getattr(subject, f"get_{name}_display")()) for name in STATE),
        ]

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
        label={
            "active": "success",
            "pending_review": "warning",
            **dict.fromkeys(("approved", "documents_signed"), "info"),
            **dict.fromkeys(("suspended", "rejected", "closed"), "danger"),
        },
    )
    def state(self, obj: Partner) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    def panels(self, request: HttpRequest, obj: Partner) -> list[Panel]:
        children = [[link(child), child.get_kind_display(), child.get_status_display()] for child in obj.children.all()]
        below = Panel(_("Partners below"), [_("partner"), _("kind"), _("status")], children)
        found = [history(obj), papers(obj), *([below] if children else [])]
        return [*found, Panel(_("Belongs to this partner"), links=self._lists(obj))]

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
