"""Commission in the back office: rates with their history, months with lock and unlock, lines and runs to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from commissions.choices import PeriodState
from commissions.models import CommissionEntry, CommissionPeriod, CommissionRate, SyncRun
from commissions.services.periods import lock_period, unlock_period
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin, actor_of
from loyalty.backoffice.display import NOTHING, instant, link, list_url, money, to
from loyalty.backoffice.filters import ExactFilter


@admin.register(CommissionRate)
class CommissionRateAdmin(ReadOnlyAdmin):
    """Every version of every rate; changed through the API, where a set is put as a whole."""

    list_display = ("component", "partner_link", "shop", "category", "mode", "terms", "since", "until", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("component", ChoicesDropdownFilter),
        ("mode", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "shop")
    search_fields = ("category", "partner__name")
    search_help_text = _("A part of the category or of the partner's name.")
    readonly_fields = ("since", "until")
    fieldsets = (
        (None, {"fields": ("partner", "shop", "category", "component", "currency")}),
        (_("Terms"), {"fields": ("mode", "percent", "fixed", "minimum", "maximum", "tiers")}),
        (_("Times"), {"fields": ("since", "until", "withdrawn_at", "created_at", "actor_kind", "actor_id")}),
    )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: CommissionRate) -> Any:
        return _("Platform's default") if obj.partner is None else link(obj.partner)

    @display(description=_("rate"))
    def terms(self, obj: CommissionRate) -> str:
        fixed = f" + {money(obj.fixed, obj.currency)}" if obj.fixed else ""
        return f"{obj.percent.normalize():f} %{fixed}"

    @display(description=_("valid from"), ordering="valid_from")
    def since(self, obj: CommissionRate) -> str:
        return f"{obj.valid_from:%Y-%m-%d %H:%M}"

    @display(description=_("valid until"), ordering="valid_to")
    def until(self, obj: CommissionRate) -> Any:
        if obj.withdrawn_at is not None:
            return _("withdrawn")
        return f"{obj.valid_to:%Y-%m-%d %H:%M}" if obj.valid_to else NOTHING


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

    @reason_action(
        title=_("Lock"),
        question=_(
            "The last sales are taken in, then the lines of this month are frozen. Later sales and refunds of the "
            "month are posted in the next open one; tills go on selling."
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
            "posted in later months for it comes back."
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
        ]

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


@admin.register(CommissionEntry)
class CommissionEntryAdmin(ReadOnlyAdmin):
    """The lines themselves."""

    list_display = (
        "id",
        "partner_link",
        "period",
        "kind",
        "component",
        "category",
        "shown_base",
        "shown_amount",
        "source",
    )
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("period", ExactFilter),
        ("kind", ChoicesDropdownFilter),
        ("component", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "period", "rate")
    search_fields = ("=source_id",)
    search_help_text = _("The number of a transaction.")
    readonly_fields = ("shown_base", "shown_amount", "source")
    fieldsets = (
        (None, {"fields": ("partner", "period", "origin_month", "kind", "component", "revision")}),
        (_("Source"), {"fields": ("source", "shop", "category", "local_on")}),
        (_("Amounts"), {"fields": ("shown_base", "rate", "shown_amount", "recorded_at")}),
    )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: CommissionEntry) -> Any:
        return link(obj.partner)

    @display(description=_("base"))
    def shown_base(self, obj: CommissionEntry) -> str:
        return money(obj.base, obj.currency)

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, obj: CommissionEntry) -> str:
        return money(obj.amount, obj.currency)

    @display(description=_("source"))
    def source(self, obj: CommissionEntry) -> Any:
        if obj.source_type != "transaction":
            return obj.get_source_type_display()
        return to(list_url("ledger.transaction", id__exact=obj.source_id), obj.source_id)


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    """What synchronizations changed."""

    list_display = (
        "id",
        "partner_link",
        "kind",
        "month",
        "created",
        "updated",
        "removed",
        "adjustments",
        "moved",
        "when",
    )
    list_filter = (("partner", AutocompleteSelectFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("partner",)
    search_fields = ("partner__name",)
    search_help_text = _("A part of the partner's name.")
    readonly_fields = ("moved",)
    fieldsets = (
        (None, {"fields": ("partner", "kind", "month", "actor_kind", "actor_id", "at", "finished_at")}),
        (
            _("Lines"),
            {"fields": ("sales", "created", "updated", "removed", "unchanged", "adjustments", "rates_changed")},
        ),
        (_("Amounts"), {"fields": ("moved", "skipped_locked_periods", "diff")}),
    )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: SyncRun) -> Any:
        return link(obj.partner)

    @display(description=_("total before and after"))
    def moved(self, obj: SyncRun) -> str:
        currency = obj.partner.currency
        return f"{money(obj.total_before, currency)} → {money(obj.total_after, currency)}"

    @display(description=_("at"), ordering="at")
    def when(self, obj: SyncRun) -> str:
        return instant(obj.at)
