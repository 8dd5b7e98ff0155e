"""SMS messages, and what partners are told of them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.numberformat import format as format_number
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.enums import ActionVariant

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, instant, link
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.panels import Panel
from messaging.choices import SmsStatus
from messaging.models import SmsMessage, SmsReceipt
from messaging.services.sms_cancelling import cancel_sms


@admin.register(SmsMessage)
class SmsMessageAdmin(ReadOnlyAdmin):
    """Every SMS with what became of it; the code of a one-time code is not in it (but on a demo machine)."""

    list_display = ("queued_at", "phone", "purpose", "partner", "parts", "shown_cost", "state", "shown_text")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("partner", AutocompleteSelectFilter),
        ("account", ExactFilter),
        ("country", ExactFilter),
        ("queued_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("phone",)
    search_help_text = _("A part of the phone number.")
    readonly_fields = ("account_link", "shown_cost")
    fieldsets = (
        (None, {"fields": ("partner", "account_link", "purpose", "template", "sender", "phone", "country", "text")}),
        (_("Amounts"), {"fields": ("parts", "shown_cost", "refunded_at")}),
        (
            _("Sending"),
            {"fields": ("state", "attempts", "error", "public_id", "external_id", "receipt_url")},
        ),
        (
            _("Times"),
            {
                "fields": (
                    *("queued_at", "scheduled_at", "due_at", "expires_at"),
                    *("sent_at", "delivered_at", "failed_at"),
                )
            },
        ),
    )
    actions_detail = ("cancel",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        digits = "".join(char for char in search_term if char.isdigit())
        if not search_term.strip():
            return queryset, False
        return (queryset.filter(phone__contains=digits) if digits else queryset.none()), False

    @reason_action(
        title=_("Do not send it"),
        question=_("It is taken back before it goes out, and the account gets its cost back."),
        permission="messaging.change_smsmessage",
        icon="cancel_schedule_send",
        variant=ActionVariant.DANGER,
        when=lambda message: message.status == SmsStatus.QUEUED and not message.is_handed,
    )
    def cancel(self, request: HttpRequest, subject: SmsMessage, data: dict[str, Any]) -> Any:
        cancel_sms(actor=actor_of(request), message=subject, reason=data["reason"], at=timezone.now())
        return _("The message will not be sent.")

    def facts(self, subject: SmsMessage) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner or NOTHING),
            (_("to"), subject.phone),
            (_("scheduled for"), instant(subject.scheduled_at)),
        ]

    def panels(self, request: HttpRequest, obj: SmsMessage) -> list[Panel]:
        receipts = SmsReceipt.objects.filter(message=obj).order_by("pk")
        rows = [
            [one.status, one.get_state_display(), one.attempts, one.error or NOTHING, instant(one.due_at)]
            for one in receipts
        ]
        headers = (_("status"), _("state"), _("attempts"), _("error"), _("next attempt"))
        return [Panel(_("Delivery receipts"), headers, rows, "", _("The partner asked for none."))]

    @display(description=_("SMS account"))
    def account_link(self, obj: SmsMessage) -> Any:
        return link(obj.account)

    @display(description=_("cost"), ordering="cost")
    def shown_cost(self, obj: SmsMessage) -> str:
        if not obj.currency:
            return NOTHING
        return f"{format_number(obj.cost, '.', decimal_pos=4)} {obj.currency}"

    @display(
        description=_("state"),
        ordering="status",
        label={
            "queued": "info",
            "sending": "info",
            "sent": "success",
            "delivered": "success",
            "failed": "danger",
            "undeliverable": "danger",
            "expired": "warning",
        },
    )
    def state(self, obj: SmsMessage) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("text"))
    def shown_text(self, obj: SmsMessage) -> str:
        return Truncator(obj.text).chars(60)


@admin.register(SmsReceipt)
class SmsReceiptAdmin(ReadOnlyAdmin):
    """What partners' own addresses are told of their messages."""

    list_display = ("id", "partner", "message_link", "status", "shown_state", "attempts", "error", "due_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("message", ExactFilter),
    )
    list_select_related = ("partner", "message")
    search_fields = ("partner__name",)
    search_help_text = _("A part of the partner's name.")
    fields = (
        *("partner", "message", "status", "happened_at", "state", "attempts", "error"),
        *("due_at", "finished_at"),
    )

    @display(description=_("SMS"))
    def message_link(self, obj: SmsReceipt) -> Any:
        return link(obj.message)

    @display(
        description=_("state"),
        ordering="state",
        label={"waiting": "info", "delivered": "success", "dropped": "danger"},
    )
    def shown_state(self, obj: SmsReceipt) -> tuple[str, Any]:
        return obj.state, obj.get_state_display()
