"""Months, with lock and unlock."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from commissions.admin import close
from commissions.choices import PeriodState
from commissions.models import CommissionPeriod
from commissions.selectors.statements import foresee_statement
from commissions.services.periods import lock_period, unlock_period
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import display, link, list_url, money, to
from loyalty.backoffice.filters import ExactFilter


@admin.register(CommissionPeriod)
class CommissionPeriodAdmin(ReadOnlyAdmin):
    """Months: what they come to, locked and unlocked with a reason."""

    list_display = ("month", "partner_link", "shown_state", "version", "lines_link", "shown_total", "locked_at")
    list_filter = (("partner", AutocompleteSelectFilter), ("state", ChoicesDropdownFilter), ("month", ExactFilter))
    list_select_related = ("partner",)
    search_fields = ("month", "partner__name")
    search_help_text = _("A month such as 2026-07, or a part of the partner's name.")
    ordering = ("-month", "-id")
    readonly_fields = ("shown_state", "lines_link", "shown_total")
    fieldsets = (
        (None, {"fields": ("partner", "month", "currency", "shown_state", "version")}),
        (_("Amounts"), {"fields": ("lines_link", "shown_total", "checksum")}),
        (_("Lock"), {"fields": ("locked_at", "locked_by", "reason", "settled_at")}),
    )
    actions_detail = ("lock", "unlock")

    def get_urls(self) -> list[Any]:
        return [*close.urls(), *super().get_urls()]

    @reason_action(
        title=_("Lock"),
        question=_(
            "The last sales are taken in, then the lines of this month are frozen and its statement is drafted. Later "
            "sales and refunds of the month are posted in the next open one; tills go on selling."
        ),
        permission="commissions.change_commissionperiod",
        icon="lock",
        when=lambda period: period.state == PeriodState.OPEN,
    )
    def lock(self, request: HttpRequest, subject: CommissionPeriod, data: dict[str, Any]) -> Any:
        lock_period(
            actor=actor_of(request),
            partner=subject.partner,
            month=subject.month,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The month was locked.")

    @reason_action(
        title=_("Unlock"),
        question=_(
            "The month is opened as its next version. Its lines follow sales, refunds and rates again, and what was "
            "posted in later months for it comes back. The draft of its statement is withdrawn."
        ),
        permission="commissions.change_commissionperiod",
        icon="lock_open",
        variant=ActionVariant.DANGER,
        when=lambda period: period.state == PeriodState.LOCKED,
    )
    def unlock(self, request: HttpRequest, subject: CommissionPeriod, data: dict[str, Any]) -> Any:
        unlock_period(
            actor=actor_of(request),
            partner=subject.partner,
            month=subject.month,
            reason=data["reason"],
            at=timezone.now(),
        )
        return _("The month was unlocked.")

    def facts(self, subject: CommissionPeriod) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner),
            (_("month"), subject.month),
            (_("state"), subject.get_state_display()),
            (_("version"), subject.version),
            (_("lines"), subject.lines),
            (_("total"), money(subject.total, subject.currency)),
            *(self._foreseen(subject) if subject.is_open else ()),
        ]

    def _foreseen(self, subject: CommissionPeriod) -> list[tuple[Any, Any]]:
        found = foresee_statement(period=subject)
        shown = {
            _("top-up or reduction"): found.extra,
            _("total of the statement"): found.total,
            _("opening balance"): found.opening,
            _("to be paid"): found.settled,
            _("carried forward"): found.opening + found.total - found.settled,
        }
        return [(name, money(amount, subject.currency)) for name, amount in shown.items()]

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: CommissionPeriod) -> Any:
        return link(obj.partner)

    @display(description=_("state"), label={"open": "info", "locked": "warning", "settled": "success"})
    def shown_state(self, obj: CommissionPeriod) -> tuple[str, Any]:
        return obj.state, obj.get_state_display()

    @display(description=_("lines"))
    def lines_link(self, obj: CommissionPeriod) -> Any:
        return to(list_url("commissions.commissionentry", period__id__exact=obj.pk), obj.lines)

    @display(description=_("total"), ordering="total")
    def shown_total(self, obj: CommissionPeriod) -> str:
        return money(obj.total, obj.currency)
