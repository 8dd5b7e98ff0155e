"""SMS accounts of partners, with their money and what they sent."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, change_url, display, instant, link, list_url, money
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.forms import ReasonForm
from loyalty.backoffice.panels import Panel
from messaging.admin.sms_forms import SmsAccountForm, TopUpReasonForm
from messaging.admin.sms_usage import usage_panels
from messaging.choices import SmsAccountKind
from messaging.models import SmsAccount, SmsTopUp
from messaging.services.sms_accounts import FIELDS, change_account, close_account, open_account
from messaging.services.sms_links import inbound_url_of
from messaging.services.sms_money import top_up
from messaging.services.sms_tests import try_connection


def is_open(account: SmsAccount) -> bool:
    """Whether it can still be changed."""
    return account.deleted_at is None


@admin.register(SmsAccount)
class SmsAccountAdmin(RecordAdmin):
    """Who may send SMS, through which provider, at what price and on what balance."""

    form = SmsAccountForm
    list_display = ("account_name", "partner_link", "kind", "state", "shown_balance", "shown_test", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
        ("billing", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("account_name", "partner__name", "company_name")
    search_help_text = _("A part of the account's, the company's or the partner's name.")
    autocomplete_fields = ("partner",)
    readonly_fields = ("shown_balance", "shown_test", "shown_inbound", "created_at")
    fieldsets = (
        (None, {"fields": ("partner", "account_name", "company_name", "is_active")}),
        (_("Contact"), {"fields": ("contact_name", "contact_email", "contact_phone", "customer_id", "account_id")}),
        (
            _("Connection"),
            {
                "fields": (
                    *("kind", "base_url", "host", "port", "is_tls", "username", "password"),
                    *("connection_timeout", "bind_timeout", "shown_test", "shown_inbound"),
                )
            },
        ),
        (
            _("Terms"),
            {"fields": ("senders", "currency", "prices", "billing", "credit_limit", "shown_balance", "created_at")},
        ),
    )
    actions_detail = ("test_connection", "add_money", "close")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or is_open(obj))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        names = form.changed_data if change else form.cleaned_data
        wanted = {name: form.cleaned_data[name] for name in names if name in {*FIELDS, "password", "is_active"}}
        shared: dict[str, Any] = {"actor": actor_of(request), "data": wanted, "at": timezone.now()}
        if change:
            reason = form.cleaned_data.get("audit_reason", "")
            saved = change_account(partner=obj.partner, account_id=obj.pk, reason=reason, **shared)
        else:
            saved = open_account(partner=obj.partner, is_activated=bool(wanted.get("is_active")), **shared)
        obj.__dict__.update(saved.__dict__)

    def facts(self, subject: SmsAccount) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner),
            (_("account name"), subject.account_name),
            (_("connection"), subject.get_kind_display()),
            (_("balance"), money(subject.balance, subject.currency)),
        ]

    @reason_action(
        title=_("Test the connection"),
        question=_("Connects and logs in as sending would, and sends nothing."),
        permission="messaging.change_smsaccount",
        icon="network_check",
        when=is_open,
    )
    def test_connection(self, request: HttpRequest, subject: SmsAccount, data: dict[str, Any]) -> Any:
        tried = try_connection(
            actor=actor_of(request), partner=subject.partner, account_id=subject.pk, at=timezone.now()
        )
        if tried.is_working:
            return _("The connection works.")
        messages.error(request, _("The connection does not work: %(reason)s.") % {"reason": tried.result})
        return redirect(change_url("messaging.smsaccount", subject.pk))

    @reason_action(
        title=_("Top up"),
        question=_("The amount is added to the balance at once."),
        permission="messaging.change_smsaccount",
        form=TopUpReasonForm,
        icon="payments",
        when=is_open,
    )
    def add_money(self, request: HttpRequest, subject: SmsAccount, data: dict[str, Any]) -> Any:
        top_up(
            actor=actor_of(request),
            partner=subject.partner,
            account_id=subject.pk,
            amount=data["amount"],
            reference=data["reference"],
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The balance was changed.")

    @reason_action(
        title=_("Close the account"),
        question=_("Nothing more is sent through it and its password is forgotten. What it sent stays known."),
        permission="messaging.change_smsaccount",
        form=ReasonForm,
        icon="block",
        variant=ActionVariant.DANGER,
        when=is_open,
    )
    def close(self, request: HttpRequest, subject: SmsAccount, data: dict[str, Any]) -> Any:
        close_account(
            actor=actor_of(request),
            partner=subject.partner,
            account_id=subject.pk,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The account was closed.")

    def panels(self, request: HttpRequest, obj: SmsAccount) -> list[Panel]:
        top_ups = SmsTopUp.objects.filter(account=obj).order_by("-pk")[:5]
        paid = [[instant(row.at), money(row.amount, row.currency), row.reference or row.reason] for row in top_ups]
        return [
            *usage_panels(obj),
            Panel(
                _("Last top-ups"),
                (_("at"), _("amount"), _("reference")),
                paid,
                list_url("messaging.smstopup", account__id__exact=obj.pk),
                _("No money came in yet."),
            ),
        ]

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: SmsAccount) -> Any:
        return link(obj.partner)

    @display(description=_("state"), label={"active": "success", "inactive": "info", "closed": "danger"})
    def state(self, obj: SmsAccount) -> tuple[str, Any]:
        if not is_open(obj):
            return "closed", _("Closed")
        return ("active", _("Active")) if obj.is_active else ("inactive", _("Inactive"))

    @display(description=_("balance"), ordering="balance")
    def shown_balance(self, obj: SmsAccount) -> str:
        return money(obj.balance, obj.currency)

    @display(description=_("last test"))
    def shown_test(self, obj: SmsAccount) -> str:
        return f"{obj.test_result} ({instant(obj.tested_at)})" if obj.tested_at else NOTHING

    @display(description=_("address for replies"))
    def shown_inbound(self, obj: SmsAccount) -> str:
        """Give it to an HTTP provider only: whoever knows it can take consents back."""
        return inbound_url_of(obj) if obj.pk and obj.kind == SmsAccountKind.HTTP else NOTHING


@admin.register(SmsTopUp)
class SmsTopUpAdmin(ReadOnlyAdmin):
    """Every payment into an account, and every correction."""

    list_display = ("at", "account_link", "partner", "shown_amount", "shown_balance", "reference", "reason")
    list_filter = (("partner", AutocompleteSelectFilter), ("account", ExactFilter))
    list_select_related = ("partner", "account")
    search_fields = ("reference", "partner__name")
    search_help_text = _("A part of the reference or of the partner's name.")
    readonly_fields = ("shown_amount", "shown_balance")
    fields = (
        *("partner", "account", "shown_amount", "shown_balance", "reference", "reason"),
        *("actor_kind", "actor_id", "at"),
    )

    @display(description=_("SMS account"))
    def account_link(self, obj: SmsTopUp) -> Any:
        return link(obj.account)

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, obj: SmsTopUp) -> str:
        return money(obj.amount, obj.currency)

    @display(description=_("balance after"))
    def shown_balance(self, obj: SmsTopUp) -> str:
        return money(obj.balance_after, obj.currency)
