"""Consents and the mails that a demo keeps."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.filters import ExactFilter
from messaging.models import Consent, SentEmail


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


@admin.register(SentEmail)
class SentEmailAdmin(ReadOnlyAdmin):
    """Mails kept in the database instead of being sent (EMAIL_URL of a demo)."""

    list_display = ("sent_at", "to", "subject")
    search_fields = ("to", "subject")
    search_help_text = _("A part of the address or of the subject.")
    fields = ("to", "sender", "subject", "sent_at", "text")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # They hold links for new passwords.
        return request.user.is_superuser

    @display(description=_("body"))
    def text(self, obj: SentEmail) -> Any:
        return obj.body
