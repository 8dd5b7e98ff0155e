"""Bank files: made of what is ready, taken to the bank, paid or cancelled."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.enums import ActionVariant

from commissions.admin.rate_pages import add_refusal
from commissions.documents.bank_file import bank_file_answer
from commissions.models import PayoutRun
from commissions.rules.bank import masked
from commissions.rules.sepa import SCHEMAS
from commissions.selectors.payouts import list_payable_by_file_across_partners, list_run_items
from commissions.services.payout_runs import NewRun, cancel_run, create_run, download_run, mark_run_paid
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import change_url, display, instant, link, list_url, money
from loyalty.backoffice.panels import Panel
from loyalty.errors import LoyaltyError

SHOWN = 200


class RunForm(forms.Form):
    """When the bank is to execute it; of what stands on the page."""

    execution_on = forms.DateField(
        label=_("To be executed on"),
        required=False,
        widget=widgets.UnfoldAdminSingleDateWidget(),
        help_text=_("Empty: today."),
    )
    schema = forms.ChoiceField(
        label=_("Format"), choices=[(one, one) for one in SCHEMAS], widget=widgets.UnfoldAdminSelectWidget()
    )


@admin.register(PayoutRun)
class PayoutRunAdmin(ReadOnlyAdmin):
    """Several payouts in one message to the bank."""

    list_display = ("message_id", "state", "execution_on", "count", "shown_total", "made", "taken")
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("message_id",)
    search_help_text = _("A part of the message id.")
    readonly_fields = ("state", "shown_total")
    fieldsets = (
        (None, {"fields": ("message_id", "schema", "state", "execution_on", "count", "shown_total", "checksum")}),
        (_("Times"), {"fields": ("created_at", "created_by", "downloaded_at")}),
        (_("Cancelled"), {"fields": ("cancelled_at", "cancelled_by", "reason")}),
    )
    actions_detail = ("download", "mark_paid", "cancel")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("file")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("commissions.add_payoutrun")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A file of everything that the page shows: nobody signs for what came in between."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RunForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            asked = [int(pk) for pk in request.POST.getlist("payout") if pk.isascii() and pk.isdigit()]
            data = NewRun(asked, form.cleaned_data["execution_on"], form.cleaned_data["schema"])
            try:
                run = create_run(actor=actor_of(request), data=data, at=timezone.now())
            except LoyaltyError as refusal:
                add_refusal(form, refusal)
            else:
                self.message_user(request, _("The bank file was made."))
                return redirect(change_url("commissions.payoutrun", run.pk))
        ready = list(list_payable_by_file_across_partners().order_by("partner_id", "pk")[:SHOWN])
        rows = [
            [link(one), link(one.partner), one.statement.month, money(one.amount, one.currency), one.due_on]
            for one in ready
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("New bank file"),
            "form": form,
            "media": self.media + form.media,
            "opts": self.opts,
            "ready": ready,
            "table": {"headers": [_("number"), _("partner"), _("month"), _("amount"), _("due on")], "rows": rows},
            "back_url": list_url("commissions.payoutrun"),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "commissions/backoffice/bank_file.html", context)

    @reason_action(
        title=_("Download"),
        question=_("The file for the bank, the same every time. Who took it stands in the audit log."),
        permission="commissions.change_payoutrun",
        icon="download",
        when=lambda run: run.is_live,
    )
    def download(self, request: HttpRequest, subject: PayoutRun, data: dict[str, Any]) -> Any:
        taken = download_run(actor=actor_of(request), run=subject, reason=data["reason"], at=timezone.now())
        return bank_file_answer(taken)

    @reason_action(
        title=_("Mark as paid"),
        question=_("The bank has executed it. Everything still live in it is paid, and its statements are settled."),
        permission="commissions.change_payoutrun",
        icon="paid",
        when=lambda run: run.is_live,
    )
    def mark_paid(self, request: HttpRequest, subject: PayoutRun, data: dict[str, Any]) -> Any:
        mark_run_paid(actor=actor_of(request), run=subject, reason=data["reason"], at=timezone.now())
        return _("Its payouts were marked as paid.")

    @reason_action(
        title=_("Cancel"),
        question=_(
            "Its payouts may go into another file. If it was downloaded, be sure that the bank has not executed it "
            "and never will: otherwise they are paid twice."
        ),
        permission="commissions.change_payoutrun",
        icon="cancel",
        variant=ActionVariant.DANGER,
        when=lambda run: run.is_live,
    )
    def cancel(self, request: HttpRequest, subject: PayoutRun, data: dict[str, Any]) -> Any:
        cancel_run(actor=actor_of(request), run=subject, reason=data["reason"], at=timezone.now())
        return _("The bank file was cancelled.")

    def facts(self, subject: PayoutRun) -> list[tuple[Any, Any]]:
        return [
            (_("message id"), subject.message_id),
            (_("payments"), subject.count),
            (_("total"), money(subject.total, subject.currency)),
            (_("first downloaded at"), instant(subject.downloaded_at)),
        ]

    def panels(self, request: HttpRequest, obj: PayoutRun) -> list[Panel]:
        rows = [
            [
                link(item.payout),
                link(item.payout.partner),
                item.holder,
                masked(item.iban),
                money(item.amount, obj.currency),
                item.payout.get_status_display(),
            ]
            for item in list_run_items(run=obj)[:SHOWN]
        ]
        headers = [_("number"), _("partner"), _("account holder"), _("IBAN"), _("amount"), _("state")]
        return [Panel(_("Payments"), headers, rows)]

    @display(description=_("state"), label={"live": "success", "cancelled": "danger"})
    def state(self, obj: PayoutRun) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("total"))
    def shown_total(self, obj: PayoutRun) -> str:
        return money(obj.total, obj.currency)

    @display(description=_("created at"), ordering="created_at")
    def made(self, obj: PayoutRun) -> str:
        return instant(obj.created_at)

    @display(description=_("first downloaded at"))
    def taken(self, obj: PayoutRun) -> str:
        return instant(obj.downloaded_at)
