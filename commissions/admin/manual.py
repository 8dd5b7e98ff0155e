"""Lines that people make, with their reasons."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from commissions.models import ManualLine
from commissions.models.keys import MONTH
from commissions.selectors.entries import get_manual_entry
from commissions.services.manual import NewLine, add_line
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import display, instant, link, money
from loyalty.backoffice.forms import RecordForm


class LineForm(RecordForm):
    """An amount in an open month."""

    month = forms.CharField(
        label=_("month"),
        required=False,
        validators=[RegexValidator(MONTH, _("Must be a month such as 2026-07."))],
        help_text=_("An open month; nothing: this one, or the next open one."),
        widget=widgets.UnfoldAdminTextInputWidget(),
    )


@admin.register(ManualLine)
class ManualLineAdmin(RecordAdmin):
    """Goodwill, corrections, agreed extras. Never edited: taken back by another line."""

    form = LineForm
    list_display = ("id", "partner_link", "component", "shown_amount", "reason", "reverses", "when")
    list_filter = (("partner", AutocompleteSelectFilter), ("component", ChoicesDropdownFilter))
    list_select_related = ("partner", "reverses")
    search_fields = ("reason", "partner__name")
    search_help_text = _("A part of the reason or of the partner's name.")
    autocomplete_fields = ("partner",)
    actions_detail = ("take_back",)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("partner", "month", "component", "amount", "reason")}),)
        names = ("partner", "component", "amount", "currency", "reason", "reverses", "created_at", "actor_kind")
        return ((None, {"fields": names}),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ManualLine, form: Any, change: bool) -> None:
        new = NewLine(
            reason=obj.reason,
            amount=obj.amount,
            component=obj.component,
            month=form.cleaned_data["month"] or None,
        )
        line = add_line(actor=actor_of(request), partner=obj.partner, new=new, at=timezone.now())
        obj.pk = line.source_id

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None: ...

    @reason_action(
        title=_("Take back"),
        question=_("Another line of the opposite amount is posted in the present month, or in the next open one."),
        permission="commissions.add_manualline",
        icon="undo",
        variant=ActionVariant.DANGER,
        when=lambda line: not hasattr(line, "reversed_by"),
    )
    def take_back(self, request: HttpRequest, subject: ManualLine, data: dict[str, Any]) -> Any:
        line = get_manual_entry(manual=subject)
        new = NewLine(reason=data["reason"], reverses=line.pk)
        add_line(actor=actor_of(request), partner=subject.partner, new=new, at=timezone.now())
        return _("The line was taken back.")

    def facts(self, subject: ManualLine) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner),
            (_("amount"), money(subject.amount, subject.currency)),
            (_("will be posted"), money(-subject.amount, subject.currency)),
            (_("reason"), subject.reason),
        ]

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: ManualLine) -> Any:
        return link(obj.partner)

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, obj: ManualLine) -> str:
        return money(obj.amount, obj.currency)

    @display(description=_("at"), ordering="created_at")
    def when(self, obj: ManualLine) -> str:
        return instant(obj.created_at)
