"""Conversations with partners: what waits, what was said, and an answer."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RadioFilter,
)

from loyalty.backoffice.base import OpenEndedList, RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, change_url, display, instant, link
from loyalty.errors import ResourceNotFound
from loyalty.files.answers import file_answer
from messaging.admin.conversation import answer_page, reader_of
from messaging.admin.message_forms import BeginForm
from messaging.models import Message
from messaging.selectors.messages import conversations_across_partners, narrow_to_waiting, open_attachment
from messaging.services.messages import mark_conversation, send_message


class ConversationList(OpenEndedList):
    """One row a conversation, where something happened last above."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        self.root_queryset = conversations_across_partners()
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str]:
        return super().get_ordering(request, queryset) if self.params.get(ORDER_VAR) else ["-last_id"]


class WaitingFilter(RadioFilter):
    """Whether something of the partner's waits to be read."""

    title = _("unread")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("With unread messages")), ("no", _("Everything is read"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        asked = self.value()
        return narrow_to_waiting(queryset, is_waiting=asked == "yes") if asked in {"yes", "no"} else queryset


@admin.register(Message)
class MessageAdmin(RecordAdmin):
    """What partners and the platform wrote to each other. Nothing that was said is changed or taken back."""

    form = BeginForm
    list_display = ("last", "shown_subject", "partner_link", "topic", "is_internal", "state")
    list_display_links = ("last", "shown_subject")
    list_filter = (
        WaitingFilter,
        ("topic", ChoicesDropdownFilter),
        ("partner", AutocompleteSelectFilter),
        ("message_type", ChoicesDropdownFilter),
        ("is_internal", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("subject", "text", "partner__name")
    search_help_text = _("A part of the first message or of the partner's name.")
    autocomplete_fields = ("partner",)
    fields = ("partner", "topic", "message_type", "subject", "text", "is_internal", "by_email", "attachments")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConversationList]:
        return ConversationList

    def get_urls(self) -> list[Any]:
        def view(function: Any) -> Any:
            return self.admin_site.admin_view(function)

        return [
            path(
                "<int:pk>/attachment/<int:attachment_id>/",
                view(require_safe(self.attachment)),
                name="messaging_message_attachment",
            ),
            path("<int:pk>/read/", view(require_POST(self.mark)), {"is_read": True}, "messaging_message_read"),
            path("<int:pk>/unread/", view(require_POST(self.mark)), {"is_read": False}, "messaging_message_unread"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        shown = {"show_save_and_add_another": False, "show_save_and_continue": False, **(extra_context or {})}
        return super().add_view(request, form_url, shown)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The whole conversation that the message is part of, and an answer to it."""
        message = self.get_object(request, unquote(object_id))
        if message is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, message):
            raise PermissionDenied
        return answer_page(self, request, message)

    def save_model(self, request: HttpRequest, obj: Message, form: Any, change: bool) -> None:
        made = send_message(
            actor=actor_of(request),
            partner=obj.partner,
            author=reader_of(request),
            from_platform=True,
            draft=form.draft(),
            at=timezone.now(),
        )
        obj.pk = made.pk

    def response_post_save_add(self, request: HttpRequest, obj: Message) -> HttpResponse:
        return redirect(change_url("messaging.message", obj.pk))

    def mark(self, request: HttpRequest, pk: int, is_read: bool) -> HttpResponse:
        """Everything is read, or the newest message waits again."""
        if not request.user.has_perm("messaging.change_message"):
            raise PermissionDenied
        message = self._found(pk)
        changed = mark_conversation(
            actor=actor_of(request),
            partner=message.partner,
            reader=reader_of(request),
            message_id=pk,
            is_read=is_read,
            at=timezone.now(),
        )
        done = ngettext("%(count)s message was marked.", "%(count)s messages were marked.", changed)
        messages.success(request, done % {"count": changed} if changed else _("Nothing was to be marked."))
        return redirect(change_url("messaging.message", message.thread_root_id))

    def attachment(self, request: HttpRequest, pk: int, attachment_id: int) -> HttpResponseBase:
        """A file as a download."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = self._found(pk)
        try:
            found, file = open_attachment(
                partner=message.partner, message_id=pk, attachment_id=attachment_id, as_platform=True
            )
        except ResourceNotFound as error:
            raise Http404 from error
        return file_answer(file, name=found.name, content_type=found.content_type)

    @staticmethod
    def _found(pk: int) -> Message:
        message = Message.objects.select_related("partner").filter(pk=pk).first()
        if message is None:
            raise Http404
        return message

    @display(description=_("last message"), ordering="last_id")
    def last(self, obj: Any) -> str:
        return instant(obj.last_at)

    @display(description=_("subject"), ordering="subject")
    def shown_subject(self, obj: Message) -> str:
        return obj.subject or obj.text[:60] or NOTHING

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Message) -> Any:
        return link(obj.partner)

    @display(description=_("state"), label={"waiting": "warning", "read": "success"})
    def state(self, obj: Any) -> tuple[str, Any]:
        return ("waiting", _("unread")) if obj.is_waiting else ("read", _("read"))
