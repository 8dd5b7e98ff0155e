"""Consents, SMS messages, and the mails that a demo keeps."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.filters import ExactFilter
from messaging.models import Consent, SentEmail, SmsMessage


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


@admin.register(SmsMessage)
class SmsMessageAdmin(ReadOnlyAdmin):
    """Every SMS with what became of it; the code of a one-time code is not in it (but on a demo machine)."""

    list_display = ("queued_at", "phone", "purpose", "partner", "parts", "state", "shown_text")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("partner", AutocompleteSelectFilter),
        ("queued_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("phone",)
    search_help_text = _("A part of the phone number.")
    fields = (
        *("partner", "purpose", "sender", "phone", "text", "parts", "state"),
        *("attempts", "error", "external_id", "queued_at", "due_at", "expires_at", "sent_at"),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        digits = "".join(char for char in search_term if char.isdigit())
        if not search_term.strip():
            return queryset, False
        return (queryset.filter(phone__contains=digits) if digits else queryset.none()), False

    @display(
        description=_("state"),
        ordering="status",
        label={"queued": "info", "sending": "info", "sent": "success", "failed": "danger"},
    )
    def state(self, obj: SmsMessage) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("text"))
    def shown_text(self, obj: SmsMessage) -> str:
        return Truncator(obj.text).chars(60)
