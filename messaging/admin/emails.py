"""E-mails, and those that a demo keeps."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display
from loyalty.backoffice.panels import Panel
from messaging.admin.frames import as_written, frame_of, mail_page
from messaging.choices import EmailStatus
from messaging.models import EmailMessage, SentEmail
from messaging.rules.secret_links import without_secrets
from messaging.services.email_resending import resend_email


@admin.register(EmailMessage)
class EmailMessageAdmin(ReadOnlyAdmin):
    """Every mail as its reader sees it, with what became of it. What only its reader may open is blacked out."""

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
        *("partner", "purpose", "template", "language", "sender", "to", "reply_to", "subject", "shown_text", "status"),
        *("attempts", "error", "message_id", "queued_at", "due_at", "expires_at", "sent_at"),
    )
    actions_detail = ("resend",)

    @display(description=_("text"))
    def shown_text(self, obj: EmailMessage) -> Any:
        return as_written(without_secrets(obj.text))

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(require_safe(self.page))
        return [path("<int:pk>/page/", page, name="messaging_emailmessage_page"), *super().get_urls()]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The mail as its reader saw it, without the secrets of its links."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        email = EmailMessage.objects.only("html").filter(pk=pk).exclude(html="").first()
        if email is None:
            raise Http404
        return mail_page(without_secrets(email.html))

    def panels(self, request: HttpRequest, obj: EmailMessage) -> list[Panel]:
        url = reverse("admin:messaging_emailmessage_page", args=[obj.pk])
        rows = [[frame_of(url, _("As its reader sees it"))]] if obj.html else []
        return [Panel(_("As its reader sees it"), [""], rows, "", _("Its words are forgotten."))]

    def facts(self, subject: EmailMessage) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner or NOTHING),
            (_("to"), subject.to),
            (_("subject"), subject.subject),
            (_("error"), subject.error or NOTHING),
        ]

    @reason_action(
        title=_("Send the mail again"),
        question=_("The mail goes out once more as it is. Mend what the server refused it for first."),
        permission="messaging.change_emailmessage",
        icon="forward_to_inbox",
        when=lambda email: email.status == EmailStatus.FAILED and email.to != "",
    )
    def resend(self, request: HttpRequest, subject: EmailMessage, data: dict[str, Any]) -> Any:
        resend_email(actor=actor_of(request), email=subject, reason=data["reason"], at=timezone.now())
        return _("The mail is in the queue again.")

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
