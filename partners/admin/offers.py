"""Offers: what a partner gives for a time."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from loyalty.backoffice.base import RecordAdmin
from loyalty.backoffice.display import NOTHING, display, instant, link
from loyalty.backoffice.fields import LocalizedField
from loyalty.backoffice.forms import RecordForm
from partners.admin.catalog import many_to_choose
from partners.models import Category, Offer, Shop
from partners.rules.offers import offer_faults, settled, status_of
from partners.selectors.programmes import list_programmes

STATES = {
    "active": _("Active"),
    "scheduled": _("Scheduled"),
    "expired": _("Expired"),
    "used_up": _("Used up"),
    "inactive": _("Inactive"),
}
COLORS = {"active": "success", "scheduled": "info", "expired": "warning", "used_up": "warning", "inactive": "danger"}
FIGURES = ("discount_type", "discount_value", "points_multiplier")
WHOLE = (
    *("kind", "discount_type", "discount_value", "points_multiplier", "points_required", "minimum_level"),
    *("valid_from", "valid_until", "usage_limit", "user_limit"),
)


class OfferForm(RecordForm):
    """An offer's form: its texts in every language, and the same rules as over the API."""

    links = {"valid_in": "shops", "for_goods": "categories"}
    title = LocalizedField(label=_("Title"), max_length=255, required=False)
    description = LocalizedField(label=_("Description"), max_length=10_000, rows=3, required=False)
    terms_conditions = LocalizedField(label=_("Terms and conditions"), max_length=50_000, rows=3, required=False)
    valid_in = many_to_choose(Offer, "shops", Shop, _("Shops"), _("Where it is valid; none means everywhere."))
    for_goods = many_to_choose(Offer, "categories", Category, _("Categories"), _("Which goods; none means all."))

    card_ids = forms.TypedMultipleChoiceField(
        label=_("Card programmes"),
        coerce=int,
        required=False,
        empty_value=[],
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=_("Whose cards get it; none means all. A new offer is saved first, then its programmes are chosen."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "card_ids" in self.fields:
            known = list_programmes(self.instance.partner) if self.instance.partner_id else {}
            self.fields["card_ids"].choices = list(known.items())  # type: ignore[attr-defined]

    @property
    def changed_data(self) -> list[str]:
        """Figures that do not belong to the kind are dropped, although nobody touched them."""
        cleaned = getattr(self, "cleaned_data", {})
        dropped = [name for name in FIGURES if name in cleaned and cleaned[name] != self.initial.get(name)]
        return list(dict.fromkeys([*super().changed_data, *dropped]))

    def clean_title(self) -> dict[str, str]:
        title = self.cleaned_data["title"]
        if not title:
            raise forms.ValidationError(_("Give a text in at least one language."))
        return title

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        if any(name not in values for name in WHOLE):
            return cleaned
        empty = {"discount_type": values["discount_type"] or "", "usage_count": self.instance.usage_count}
        whole = settled({name: values[name] for name in WHOLE} | empty)
        values |= {name: whole[name] for name in FIGURES}
        for name, texts in offer_faults(whole).items():
            self.add_error(name, texts)
        # A new offer for which no partner was chosen has none yet.
        partner = values.get("partner") or getattr(self.instance, "partner", None)
        if partner is not None and not set(values.get("card_ids", ())) <= list_programmes(partner).keys():
            self.add_error("card_ids", _("There is no such card."))
        if partner is not None and values["minimum_level"] and values["minimum_level"] not in partner.levels:
            known = ", ".join(sorted(partner.levels, key=partner.levels.__getitem__))
            text = _("Unknown level. There are: %(levels)s.") % {"levels": known}
            self.add_error("minimum_level", text)
        return cleaned


@admin.register(Offer)
class OfferAdmin(RecordAdmin):
    """Offers of partners; one that is over is switched off, its coupons stay."""

    form = OfferForm
    list_display = ("__str__", "partner_link", "kind_label", "figure", "state", "window", "claimed", "is_featured")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("is_featured", BooleanRadioFilter),
        ("valid_until", RangeDateTimeFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("title__en", "title__lt", "external_id")
    autocomplete_fields = ("partner", "product")
    readonly_fields = ("usage_count", "feed", "created_at", "updated_at")
    personal_fields = frozenset()
    fieldsets = (
        (None, {"fields": ("partner", "title", "description", "terms_conditions", "image_url")}),
        (
            _("What it gives"),
            {
                "fields": (
                    "kind",
                    ("discount_type", "discount_value", "points_multiplier"),
                    ("minimum_purchase", "maximum_discount"),
                    "product",
                )
            },
        ),
        (
            _("When and where"),
            {"fields": ("valid_from", "valid_until", "valid_in", "for_goods", "card_ids", "priority")},
        ),
        (
            _("Claiming"),
            {
                "fields": (
                    ("points_required", "minimum_level"),
                    ("usage_limit", "usage_count", "user_limit"),
                    "coupon_validity_days",
                )
            },
        ),
        (_("Shown"), {"fields": ("is_active", "is_featured")}),
        (_("Origin"), {"fields": ("external_id", "feed", "created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(deleted_at=None)

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Offer) -> Any:
        return link(obj.partner)

    @display(description=_("kind"))
    def kind_label(self, obj: Offer) -> Any:
        return obj.get_kind_display()

    @display(description=_("gives"))
    def figure(self, obj: Offer) -> str:
        if obj.points_multiplier is not None:
            return f"{obj.points_multiplier.normalize():f} x"
        if obj.discount_value is None:
            return NOTHING
        unit = "%" if obj.discount_type == "percentage" else obj.partner.currency
        return f"{obj.discount_value.normalize():f} {unit}"

    @display(description=_("state"), label=COLORS)
    def state(self, obj: Offer) -> tuple[str, Any]:
        state = status_of(
            is_active=obj.is_active,
            valid_from=obj.valid_from,
            valid_until=obj.valid_until,
            usage_limit=obj.usage_limit,
            usage_count=obj.usage_count,
            at=timezone.now(),
        )
        return state, STATES[state]

    @display(description=_("valid"))
    def window(self, obj: Offer) -> str:
        if obj.valid_from is None and obj.valid_until is None:
            return NOTHING
        ends = (instant(one) if one is not None else "" for one in (obj.valid_from, obj.valid_until))
        return " \N{EN DASH} ".join(ends)

    @display(description=_("claimed"))
    def claimed(self, obj: Offer) -> str:
        return f"{obj.usage_count}" if obj.usage_limit is None else f"{obj.usage_count} / {obj.usage_limit}"
