"""Products and categories: what earns points and what does not."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import display

from loyalty.backoffice.base import RecordAdmin
from loyalty.backoffice.display import link
from loyalty.backoffice.fields import LocalizedField
from loyalty.backoffice.forms import RecordForm
from partners.models import Category, Product


class CategoryForm(RecordForm):
    """A category's form: its name in every language."""

    name = LocalizedField(label=_("Name"), max_length=100, required=False)

    def clean_key(self) -> str:
        key = self.cleaned_data["key"].strip().casefold()
        if not key:
            raise ValidationError(_("Enter the name that tills send."))
        return key


@admin.register(Category)
class CategoryAdmin(RecordAdmin):
    """Groups of goods as tills name them."""

    form = CategoryForm
    list_display = ("key", "partner_link", "english", "lithuanian", "earns_points")
    list_filter = (("partner", AutocompleteSelectFilter), ("earns_points", BooleanRadioFilter))
    list_select_related = ("partner",)
    search_fields = ("key",)
    autocomplete_fields = ("partner",)
    personal_fields = frozenset()
    fieldsets = ((None, {"fields": ("partner", "key", "name", "earns_points")}),)

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Category) -> Any:
        return link(obj.partner)

    @display(description=_("English"))
    def english(self, obj: Category) -> str:
        return obj.name.get("en", "")

    @display(description=_("Lithuanian"))
    def lithuanian(self, obj: Category) -> str:
        return obj.name.get("lt", "")


@admin.register(Product)
class ProductAdmin(RecordAdmin):
    """Goods by the till's own number."""

    list_display = ("name", "external_id", "partner_link", "category", "earns_points")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("category", AutocompleteSelectFilter),
        ("earns_points", BooleanRadioFilter),
    )
    list_select_related = ("partner", "category")
    search_fields = ("name", "external_id")
    autocomplete_fields = ("partner", "category")
    personal_fields = frozenset()
    fieldsets = ((None, {"fields": ("partner", "external_id", "name", "category", "earns_points")}),)

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Product) -> Any:
        return link(obj.partner)
