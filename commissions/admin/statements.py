"""Statements: read, downloaded, issued and settled."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from commissions.choices import EntryKind, StatementStatus
from commissions.documents.answer import FORMATS, answer_file
from commissions.models import Statement
from commissions.selectors.statements import groups_of
from commissions.services.statements import issue_statement, settle_statement
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, instant, link, list_url, money, to
from loyalty.backoffice.filters import ExactFilter
from loyalty.backoffice.panels import Panel

PARTS = ("accruals", "late_accruals", "reversals", "adjustments", "manual", "minimum_topup", "cap_reduction")
COLOURS = {"draft": "info", "issued": "warning", "settled": "success", "withdrawn": "default"}


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    """What partners are billed, month by month."""

    list_display = (
        *("shown_number", "partner_link", "month", "shown_status", "shown_total", "shown_settled", "shown_closing"),
        "issued",
    )
    list_filter = (("partner", AutocompleteSelectFilter), ("status", ChoicesDropdownFilter), ("month", ExactFilter))
    list_select_related = ("partner",)
    search_fields = ("month", "partner__name", "=number")
    search_help_text = _("A month such as 2026-07, the digits of a number, or a part of the partner's name.")
    ordering = ("-month", "-id")
    readonly_fields = ("shown_number", "shown_status", "partner_link", "period_link", "issued", "files")
    fieldsets = (
        (None, {"fields": ("shown_number", "partner_link", "period_link", "shown_status", "version", "files")}),
        (_("Amounts"), {"fields": ("currency", "opening", *PARTS, "total", "settled", "closing", "lines")}),
        (_("Terms"), {"fields": ("minimum", "cap", "threshold", "pays_out")}),
        (_("Times"), {"fields": ("drafted_at", "issued_at", "issued_by", "settled_at", "settled_by")}),
    )
    actions_detail = ("issue", "settle")

    @reason_action(
        title=_("Issue"),
        question=_(
            "The statement gets its number and the partner sees it. From here on nothing changes it, and its month is "
            "not unlocked any more: what is wrong is corrected in the next open month."
        ),
        permission="commissions.change_commissionperiod",
        icon="outgoing_mail",
        when=lambda statement: statement.status == StatementStatus.DRAFT,
    )
    def issue(self, request: HttpRequest, subject: Statement, data: dict[str, Any]) -> Any:
        at = timezone.now()
        issue_statement(actor=actor_of(request), statement=subject, reason=data["reason"], at=at)
        return _("The statement was issued.")

    @reason_action(
        title=_("Settle"),
        question=_("What the statement asks for was paid, and its month is done with. This is not taken back."),
        permission="commissions.change_commissionperiod",
        icon="payments",
        variant=ActionVariant.DANGER,
        when=lambda statement: statement.status == StatementStatus.ISSUED,
    )
    def settle(self, request: HttpRequest, subject: Statement, data: dict[str, Any]) -> Any:
        at = timezone.now()
        settle_statement(actor=actor_of(request), statement=subject, reason=data["reason"], at=at)
        return _("The statement was settled.")

    def get_urls(self) -> list[Any]:
        file = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/file/<str:kind>/", file, name="commissions_statement_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, pk: int, kind: str) -> Any:
        """The statement as a file; looking changes nothing."""
        statement = self.get_queryset(request).select_related("partner").filter(pk=pk).first()
        if statement is None or kind not in FORMATS or statement.status == StatementStatus.WITHDRAWN:
            raise Http404
        if not self.has_view_permission(request, statement):
            raise PermissionDenied
        return answer_file(statement=statement, kind=kind)

    def facts(self, subject: Statement) -> list[tuple[Any, Any]]:
        amounts = [
            (self.opts.get_field(name).verbose_name, money(getattr(subject, name), subject.currency))
            for name in ("opening", "total", "settled", "closing")
        ]
        return [
            (_("partner"), subject.partner),
            (_("month"), subject.month),
            (_("status"), subject.get_status_display()),
            *amounts,
        ]

    def panels(self, request: HttpRequest, obj: Statement) -> list[Panel]:
        if obj.status == StatementStatus.WITHDRAWN:
            return []
        rows = [
            [
                EntryKind(one.kind).label,
                one.origin_month,
                one.shop_name or NOTHING,
                one.lines,
                money(one.amount, obj.currency),
            ]
            for one in groups_of(statement=obj)
        ]
        headers = (_("What"), _("Month of the sale"), _("Shop"), _("Lines"), _("Amount"))
        more = list_url("commissions.commissionentry", period__id__exact=obj.period_id)
        return [Panel(_("What the month comes to"), headers, rows, more, _("There are no lines."))]

    @display(description=_("files"))
    def files(self, obj: Statement) -> Any:
        if obj.status == StatementStatus.WITHDRAWN:
            return NOTHING
        links = (
            (to(reverse("admin:commissions_statement_file", args=[obj.pk, kind]), kind.upper()),) for kind in FORMATS
        )
        return format_html_join(" · ", "{}", links)

    @display(description=_("number"), ordering="number")
    def shown_number(self, obj: Statement) -> str:
        return obj.shown_number or NOTHING

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: Statement) -> Any:
        return link(obj.partner)

    @display(description=_("month"))
    def period_link(self, obj: Statement) -> Any:
        return link(obj.period)

    @display(description=_("status"), label=COLOURS)
    def shown_status(self, obj: Statement) -> tuple[str, Any]:
        return obj.status, obj.get_status_display()

    @display(description=_("total"), ordering="total")
    def shown_total(self, obj: Statement) -> str:
        return money(obj.total, obj.currency)

    @display(description=_("to be paid"), ordering="settled")
    def shown_settled(self, obj: Statement) -> str:
        return money(obj.settled, obj.currency)

    @display(description=_("carried forward"), ordering="closing")
    def shown_closing(self, obj: Statement) -> str:
        return money(obj.closing, obj.currency)

    @display(description=_("issued at"), ordering="issued_at")
    def issued(self, obj: Statement) -> str:
        return instant(obj.issued_at)
