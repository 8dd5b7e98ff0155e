from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.api.filters import BooleanFilter, HouseFilterSet, TextFilter
from loyalty.errors import ValidationFailed
from partners.selectors.shops import ShopFilter


class DegreesFilter(django_filters.Filter):
    field_class = forms.DecimalField


class ShopFilters(HouseFilterSet):
    """Filters of the shop list; they only read the query, the selector does the filtering."""

    search = TextFilter(method="read", help_text="In name, address and city.")
    is_active = BooleanFilter(method="read", help_text="Default true.")
    is_virtual = BooleanFilter(method="read", help_text="Web shops.")
    latitude = DegreesFilter(method="read", min_value=-90, max_value=90, help_text="With longitude: nearest first.")
    longitude = DegreesFilter(method="read", min_value=-180, max_value=180)
    radius = DegreesFilter(method="read", min_value=0, max_value=20_040, help_text="Kilometers around the place.")

    def read(self, rows: Any, _name: str, _value: Any) -> Any:
        return rows

    def wanted(self) -> ShopFilter:
        """What was asked for. Raises ValidationFailed."""
        latitude, longitude = self.value("latitude"), self.value("longitude")
        if (latitude is None) != (longitude is None):
            missing = "latitude" if latitude is None else "longitude"
            raise ValidationFailed(errors={missing: [_("Give latitude and longitude together.")]})
        is_active = self.value("is_active")
        return ShopFilter(
            search=self.value("search") or None,
            is_active=True if is_active is None else is_active,
            is_virtual=self.value("is_virtual"),
            near=None if latitude is None else (latitude, longitude),
            radius=self.value("radius"),
        )
