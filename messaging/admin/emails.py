"""E-mails, and those that a demo keeps."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from loyalty.backoffice.base import ReadOnlyAdmin
from messaging.models import EmailMessage, SentEmail


@admin.register(EmailMessage)
class EmailMessageAdmin(ReadOnlyAdmin):
    """Every mail as its reader sees it, with what became of it."""

    list_display = ("queued_at", "to", "subject", "partner", "template", "state", "error")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("partner", AutocompleteSelectFilter),
        ("queued_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("to",)
    search_help_text = _("A part of the address.")
    fields = (
        *("partner", "purpose", "template", "language", "sender", "to", "reply_to", "subject", "text", "state"),
        *("attempts", "error", "message_id", "queued_at", "due_at", "expires_at", "sent_at"),
    )

    @display(
        description=_("state"),
        ordering="status",
        label={"queued": "info", "sending": "info", "sent": "success", "failed": "danger"},
    )
    def state(self, obj: EmailMessage) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()


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
