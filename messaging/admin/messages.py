"""Conversations with partners."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter

from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import instant, link
from loyalty.backoffice.panels import Panel
from messaging.models import Message
from messaging.selectors.messages import list_thread


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages and notes, each with its whole conversation."""

    list_display = (
        "sent_at",
        "partner",
        "is_from_platform",
        "message_type",
        "topic",
        "subject",
        "is_internal",
        "read_at",
    )
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("topic", ChoicesDropdownFilter),
        ("message_type", ChoicesDropdownFilter),
        ("is_internal", BooleanRadioFilter),
        ("is_from_platform", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("subject",)
    fields = (
        *("partner", "is_from_platform", "author", "message_type", "topic", "subject", "text", "is_internal"),
        *("email", "sent_at", "read_at", "read_by"),
    )

    def panels(self, request: HttpRequest, obj: Message) -> list[Panel]:
        rows = [
            [
                link(one, instant(one.sent_at)),
                one.author or one.partner,
                one.text,
                ", ".join(map(str, one.attachments.all())),
            ]
            for one in list_thread(message=obj)
        ]
        return [Panel(_("thread"), [_("sent at"), _("author"), _("text"), _("attachments")], rows)]
