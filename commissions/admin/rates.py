"""Rates with their history, and the pages that change them."""

from datetime import datetime, time
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.enums import ActionVariant

from commissions.admin.rate_forms import EndRateForm, NewRateForm, RateTermsForm
from commissions.admin.rate_pages import add_refusal, ask, back_to_list, decide
from commissions.admin.wording import clock_in_words, scope_in_words, terms_in_words
from commissions.models import CommissionRate
from commissions.selectors.rates import list_scope_history
from commissions.services.rates import NewCard
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import ReadOnlyAdmin
from loyalty.backoffice.display import NOTHING, display, instant, link
from loyalty.backoffice.panels import Panel
from loyalty.errors import LoyaltyError


def _is_live(rate: CommissionRate) -> bool:
    return rate.withdrawn_at is None and rate.valid_to is None


@admin.register(CommissionRate)
class CommissionRateAdmin(ReadOnlyAdmin):
    """Every version of every rate. None is edited: another follows it, or it ends."""

    list_display = ("component", "partner_link", "shop", "category", "mode", "terms", "since", "until", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("component", ChoicesDropdownFilter),
        ("mode", ChoicesDropdownFilter),
    )
    list_select_related = ("partner", "shop")
    search_fields = ("category", "partner__name")
    search_help_text = _("A part of the category or of the partner's name.")
    readonly_fields = ("since", "until", "terms")
    fieldsets = (
        (None, {"fields": ("partner", "shop", "category", "component", "currency")}),
        (_("Terms"), {"fields": ("terms",)}),
        (_("Times"), {"fields": ("since", "until", "withdrawn_at", "created_at", "actor_kind", "actor_id")}),
    )

    actions_detail = ("new_version", "end")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("commissions.add_commissionrate")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A rate of any scope; what it overlaps of that scope ends where it begins."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        title = _("New rate")
        form = NewRateForm(request.POST if request.method == "POST" else None, subject=CommissionRate())
        if request.method == "POST" and form.is_valid():
            card, reason = NewCard(begun=[form.draft]), form.cleaned_data["reason"]
            try:
                answer = decide(self, request, title=title, partner=form.partner, card=card, reason=reason)
            except LoyaltyError as refusal:
                add_refusal(form, refusal)
            else:
                return answer if isinstance(answer, HttpResponse) else back_to_list(self, request, answer)
        return ask(self, request, form, title=title)

    @reason_action(
        title=_("New version"),
        question=_(
            "This rate ends where the new version begins. Earlier sales keep their rate. Nothing changes before you "
            "have seen what would."
        ),
        permission="commissions.add_commissionrate",
        form=RateTermsForm,
        icon="edit",
        when=_is_live,
    )
    def new_version(self, request: HttpRequest, subject: CommissionRate, data: dict[str, Any]) -> Any:
        form = RateTermsForm(request.POST, subject=subject)
        form.is_valid()
        card = NewCard(begun=[form.draft])
        return decide(self, request, title=_("New version"), partner=subject.partner, card=card, reason=data["reason"])

    @reason_action(
        title=_("End"),
        question=_(
            "From then on sales pay the next wider rate, or none where there is none. Nothing changes before you have "
            "seen what would."
        ),
        permission="commissions.change_commissionrate",
        form=EndRateForm,
        icon="event_busy",
        variant=ActionVariant.DANGER,
        when=_is_live,
    )
    def end(self, request: HttpRequest, subject: CommissionRate, data: dict[str, Any]) -> Any:
        day = data["valid_to"]
        card = NewCard(ended={subject.pk: datetime.combine(day, time.min) if day else None})
        return decide(self, request, title=_("End"), partner=subject.partner, card=card, reason=data["reason"])

    def facts(self, subject: CommissionRate) -> list[tuple[Any, Any]]:
        return [
            (_("partner"), subject.partner or _("Platform's default")),
            (_("rate"), scope_in_words(subject)),
            (_("terms"), terms_in_words(subject)),
            (_("valid from"), clock_in_words(subject.valid_from)),
        ]

    def panels(self, request: HttpRequest, obj: CommissionRate) -> list[Panel]:
        rows = [
            [
                link(row, clock_in_words(row.valid_from)),
                self.until(row),
                terms_in_words(row),
                f"{row.actor_kind}:{row.actor_id}" if row.actor_id else row.actor_kind,
                instant(row.created_at),
            ]
            for row in list_scope_history(rate=obj)
        ]
        headers = [_("valid from"), _("valid until"), _("terms"), _("entered by"), _("created at")]
        return [Panel(_("Versions of this rate"), headers, rows)]

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: CommissionRate) -> Any:
        return _("Platform's default") if obj.partner is None else link(obj.partner)

    @display(description=_("rate"))
    def terms(self, obj: CommissionRate) -> str:
        return terms_in_words(obj)

    @display(description=_("valid from"), ordering="valid_from")
    def since(self, obj: CommissionRate) -> str:
        return clock_in_words(obj.valid_from)

    @display(description=_("valid until"), ordering="valid_to")
    def until(self, obj: CommissionRate) -> Any:
        if obj.withdrawn_at is not None:
            return _("withdrawn")
        return clock_in_words(obj.valid_to) if obj.valid_to else NOTHING
