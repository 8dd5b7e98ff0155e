"""E-mails, and those that a demo keeps."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.panels import Panel
from messaging.admin.templates import framed
from messaging.choices import EmailStatus
from messaging.models import EmailMessage, SentEmail
from messaging.services.partner_emails import resend_email


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
    actions_detail = ("resend",)

    def panels(self, request: HttpRequest, obj: EmailMessage) -> list[Panel]:
        if not obj.html:
            return []
        return [Panel(_("As its reader sees it"), [""], [[framed(obj.html)]])]

    @reason_action(
        title=_("Send again"),
        question=_("The mail goes out once more, with the same words, to the same address."),
        permission="messaging.change_emailmessage",
        icon="forward_to_inbox",
        when=lambda email: email.status == EmailStatus.FAILED and bool(email.to),
    )
    def resend(self, request: HttpRequest, email: EmailMessage, data: dict[str, Any]) -> Any:
        resend_email(actor=actor_of(request), email=email, reason=data["reason"], at=timezone.now())
        return _("The mail is queued again.")

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
