"""Payouts and invoices: issued, paid, failed, issued again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from commissions.choices import PayoutDirection, PayoutMethod, PayoutStatus
from commissions.models import Payout
from commissions.providers.sandbox import SandboxProvider
from commissions.services.payouts import issue_payout, mark_failed, mark_paid, retry_payout
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, link, money
from loyalty.backoffice.forms import ReasonForm

COLORS = {"draft": "info", "issued": "warning", "paid": "success", "failed": "danger"}


class MethodForm(ReasonForm):
    """How the money is to move."""

    method = forms.ChoiceField(
        label=_("Method"), choices=PayoutMethod.choices, widget=widgets.UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subject: Any = self.subject
        is_payout = subject.direction == PayoutDirection.PAYOUT
        kept = [one for one in PayoutMethod.choices if is_payout or one[0] != PayoutMethod.BANK_FILE]
        self.fields["method"].choices = kept  # type: ignore[attr-defined]
        self.initial.setdefault("method", subject.method or kept[0][0])


class PaidForm(ReasonForm):
    """What the bank calls the payment."""

    reference = forms.CharField(
        label=_("Payment reference"), max_length=140, required=False, widget=widgets.UnfoldAdminTextInputWidget()
    )


def _is_free(payout: Payout) -> bool:
    return payout.status == PayoutStatus.ISSUED and not payout.is_with_provider


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    """What statements ask for, on its way."""

    list_display = ("number", "partner_link", "shown_direction", "shown_amount", "state", "method", "due_on", "month")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("direction", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "statement")
    search_fields = ("number", "partner__name", "reference", "external_id")
    search_help_text = _("A number, a part of the partner's name, or what the bank or the provider calls the payment.")
    readonly_fields = ("shown_amount", "state", "provider_name")
    fieldsets = (
        (None, {"fields": ("number", "partner", "statement", "direction", "shown_amount", "due_on")}),
        (_("State"), {"fields": ("state", "method", "reference", "error")}),
        (_("Payment provider"), {"fields": ("provider_name", "external_id", "attempts", "next_at")}),
        (_("Times"), {"fields": ("created_at", "issued_at", "issued_by", "paid_at", "paid_by", "failed_at")}),
    )
    actions_detail = ("issue", "mark_paid", "mark_failed", "retry")

    @reason_action(
        title=_("Issue"),
        question=_("It goes its way: to the payment provider at once, into the next bank file, or by hand."),
        permission="commissions.change_payout",
        form=MethodForm,
        icon="send",
        when=lambda payout: payout.status == PayoutStatus.DRAFT,
    )
    def issue(self, request: HttpRequest, subject: Payout, data: dict[str, Any]) -> Any:
        issue_payout(**_who(request, subject), method=data["method"], reason=data["reason"])
        return _("It was issued.")

    @reason_action(
        title=_("Mark as paid"),
        question=_("The money has moved. The statement and its month are settled with it and never change again."),
        permission="commissions.change_payout",
        form=PaidForm,
        icon="paid",
        when=_is_free,
    )
    def mark_paid(self, request: HttpRequest, subject: Payout, data: dict[str, Any]) -> Any:
        mark_paid(**_who(request, subject), reference=data["reference"], reason=data["reason"])
        return _("It was marked as paid.")

    @reason_action(
        title=_("Mark as failed"),
        question=_("The money did not arrive. A bank file lets go of it, and it may be issued again."),
        permission="commissions.change_payout",
        icon="error",
        variant=ActionVariant.DANGER,
        when=_is_free,
    )
    def mark_failed(self, request: HttpRequest, subject: Payout, data: dict[str, Any]) -> Any:
        mark_failed(**_who(request, subject), reason=data["reason"])
        return _("It was marked as failed.")

    @reason_action(
        title=_("Issue again"),
        question=_("It failed, and is issued once more, the same way or another. Be sure that no money moved before."),
        permission="commissions.change_payout",
        form=MethodForm,
        icon="replay",
        when=lambda payout: payout.status == PayoutStatus.FAILED,
    )
    def retry(self, request: HttpRequest, subject: Payout, data: dict[str, Any]) -> Any:
        retry_payout(**_who(request, subject), method=data["method"], reason=data["reason"])
        return _("It was issued.")

    def facts(self, subject: Payout) -> list[tuple[Any, Any]]:
        return [
            (_("number"), subject.number),
            (_("partner"), subject.partner),
            (_("direction"), subject.get_direction_display()),
            (_("amount"), money(subject.amount, subject.currency)),
            (_("state"), subject.get_status_display()),
        ]

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Payout) -> Any:
        return link(obj.partner)

    @display(description=_("direction"), ordering="direction")
    def shown_direction(self, obj: Payout) -> str:
        return obj.get_direction_display()

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, obj: Payout) -> str:
        return money(obj.amount, obj.currency)

    @display(description=_("state"), label=COLORS)
    def state(self, obj: Payout) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("month"), ordering="statement__month")
    def month(self, obj: Payout) -> str:
        return obj.statement.month

    @display(description=_("payment provider"))
    def provider_name(self, obj: Payout) -> Any:
        if obj.provider == SandboxProvider.name:
            return _("Sandbox: no money moves")
        return obj.provider or NOTHING


def _who(request: HttpRequest, payout: Payout) -> dict[str, Any]:
    return {"actor": actor_of(request), "payout": payout, "at": timezone.now()}
