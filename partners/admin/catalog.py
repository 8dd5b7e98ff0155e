"""Products and categories: what earns points and what does not, and what a catalogue shows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter

from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, link, money
from loyalty.backoffice.fields import LinesField, LocalizedField
from loyalty.backoffice.forms import RecordForm
from partners.models import Category, Product
from partners.rules.tree import DEEPEST, depth_below, path_to
from partners.selectors.catalog import categories_of
from partners.services.categories import stop_earning_below


def many_to_choose(
    model: type[Model], field: str, target: type[Model], label: str | Promise, help_text: str | Promise
) -> forms.ModelMultipleChoiceField:
    """Rows of another table to be found by typing, for a many-to-many field of `model`."""
    return forms.ModelMultipleChoiceField(
        label=label,
        queryset=target._default_manager.select_related("partner"),
        required=False,
        widget=AutocompleteSelectMultiple(model._meta.get_field(field), admin.site),
        help_text=help_text,
    )


class CategoryForm(RecordForm):
    """A category's form: its name in every language, its place in the tree."""

    name = LocalizedField(label=_("Name"), max_length=100, required=False)
    description = LocalizedField(label=_("Description"), max_length=1_000, rows=2, required=False)

    def clean_key(self) -> str:
        key = self.cleaned_data["key"].strip().casefold()
        if not key:
            raise ValidationError(_("Enter the name that tills send."))
        return key

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        parent = self.cleaned_data.get("parent")
        if parent is None or self.errors:
            return cleaned
        parents = dict(categories_of(parent.partner).values_list("pk", "parent_id"))
        path, own = path_to(parents, parent.pk), self.instance.pk
        if own in path:
            self.add_error("parent", _("A category cannot hang below itself."))
        elif len(path) + (depth_below(parents, own) if own in parents else 1) > DEEPEST:
            self.add_error("parent", _("The tree has at most %(most)s levels.") % {"most": DEEPEST})
        elif not parent.earns_points and self.cleaned_data.get("earns_points"):
            self.add_error("earns_points", _("The category above earns no points, so this one earns none either."))
        return cleaned


@admin.register(Category)
class CategoryAdmin(RecordAdmin):
    """Groups of goods as tills name them."""

    form = CategoryForm
    list_display = ("key", "partner_link", "parent", "english", "lithuanian", "earns_points", "is_active")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("earns_points", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_select_related = ("partner", "parent")
    search_fields = ("key", "slug")
    autocomplete_fields = ("partner", "parent")
    personal_fields = frozenset()
    fieldsets = (
        (None, {"fields": ("partner", "parent", "key", "slug", "name", "description", "earns_points", "is_active")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(deleted_at=None)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.earns_points:
            stop_earning_below(actor=actor_of(request), category=obj, at=timezone.now())

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Category) -> Any:
        return link(obj.partner)

    @display(description=_("English"))
    def english(self, obj: Category) -> str:
        return obj.name.get("en", "")

    @display(description=_("Lithuanian"))
    def lithuanian(self, obj: Category) -> str:
        return obj.name.get("lt", "")


class ProductForm(RecordForm):
    """A product's form: further pictures as one address a line."""

    links = {"shown_in": "categories"}
    images = LinesField(label=_("More pictures"), required=False, help_text=_("One address a line."))
    shown_in = many_to_choose(
        Product, "categories", Category, _("Categories"), _("Where a catalogue shows it, besides its main category.")
    )

    def clean_images(self) -> list[str]:
        for text in self.cleaned_data["images"]:
            if not text.lower().startswith(("http://", "https://")):
                raise ValidationError(_("Not an address of the web: %(text)s"), params={"text": text})
        return self.cleaned_data["images"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("discounted_price") is not None and self.cleaned_data.get("price") is None:
            self.add_error("price", _("Give the regular price beside the discounted one."))
        return cleaned


@admin.register(Product)
class ProductAdmin(RecordAdmin):
    """Goods by the till's own number."""

    form = ProductForm
    list_display = (
        *("name", "external_id", "partner_link", "category", "shown_price", "availability", "earns_points"),
        "is_active",
    )
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("category", AutocompleteSelectFilter),
        ("earns_points", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
        ("availability", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "category")
    search_fields = ("name", "external_id", "sku", "ean")
    autocomplete_fields = ("partner", "category")
    readonly_fields = ("feed", "xml_id", "missing_since", "created_at", "updated_at")
    personal_fields = frozenset()
    fieldsets = (
        (None, {"fields": ("partner", "external_id", "name", "category", "shown_in", "earns_points")}),
        (_("Shown"), {"fields": ("description", "image_url", "images", "external_url", "is_featured", "is_active")}),
        (
            _("Price and stock"),
            {"fields": (("price", "discounted_price", "currency"), ("availability", "stock_quantity"))},
        ),
        (
            _("Details"),
            {
                "fields": (
                    ("brand", "model"),
                    ("sku", "ean"),
                    ("weight", "color", "size"),
                    ("delivery_info", "warranty_info"),
                )
            },
        ),
        (_("Origin"), {"fields": ("feed", "xml_id", "missing_since", "created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(deleted_at=None)

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Product) -> Any:
        return link(obj.partner)

    @display(description=_("price"), ordering="price")
    def shown_price(self, obj: Product) -> str:
        price = obj.price if obj.discounted_price is None else obj.discounted_price
        return NOTHING if price is None else money(price, obj.currency)
