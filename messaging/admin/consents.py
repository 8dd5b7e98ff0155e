"""Consents: who agreed to be written to."""

from django.contrib import admin
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
)

from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.filters import ExactFilter
from messaging.models import Consent


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """Every yes and no, in the order they were said. Customers and partners say them, never platform staff."""

    list_display = ("given_at", "partner", "channel", "purpose", "address", "is_given", "source")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("channel", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("is_given", BooleanRadioFilter),
        ("address", ExactFilter),
    )
    list_select_related = ("partner",)
    fields = ("partner", "address", "channel", "purpose", "is_given", "source", "given_at")
