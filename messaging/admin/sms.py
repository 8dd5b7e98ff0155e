"""SMS messages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from loyalty.backoffice.base import ReadOnlyAdmin
from messaging.models import SmsMessage


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
