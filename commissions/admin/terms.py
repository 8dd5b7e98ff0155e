"""What was agreed about months; another version each time."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from commissions.models import CommissionTerms
from commissions.services.terms import SAID, set_terms
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, instant, link, money
from loyalty.backoffice.forms import RecordForm


class TermsForm(RecordForm):
    """All of a version; the month is checked when it is saved, with everything else."""

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or self.cleaned_data)
        minimum, cap = data.get("minimum"), data.get("cap")
        if minimum is not None and cap is not None and cap < minimum:
            self.add_error("cap", ValidationError(_("Must not be below the minimum.")))
        return data

    def _post_clean(self) -> None:
        # The service decides about the moment of an automatic close; the constraint would ask for it here.
        self._validate_constraints = False
        super()._post_clean()  # type: ignore[misc]


@admin.register(CommissionTerms)
class CommissionTermsAdmin(RecordAdmin):
    """Minimum, cap, settlement threshold and who closes months. Never edited: say them anew."""

    form = TermsForm
    list_display = ("partner_link", "valid_from", "shown_minimum", "shown_cap", "shown_threshold", "policy", "when")
    list_filter = (("partner", AutocompleteSelectFilter), ("close_policy", ChoicesDropdownFilter))
    list_select_related = ("partner",)
    search_fields = ("partner__name",)
    search_help_text = _("A part of the partner's name.")
    autocomplete_fields = ("partner",)
    readonly_fields = ("automatic_since", "created_at", "actor_kind", "actor_id")
    fieldsets = (
        (None, {"fields": ("partner", "valid_from")}),
        (_("Amounts"), {"fields": ("minimum", "cap", "threshold", "pays_out")}),
        (_("Closing"), {"fields": ("close_policy", "close_after_days")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CommissionTerms, form: forms.ModelForm, change: bool) -> None:
        made = set_terms(
            actor=actor_of(request),
            partner=obj.partner,
            said={name: getattr(obj, name) for name in SAID},
            valid_from=obj.valid_from,
            at=timezone.now(),
        )
        obj.pk = made.pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None: ...

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: CommissionTerms) -> Any:
        return link(obj.partner)

    @display(description=_("minimum"), ordering="minimum")
    def shown_minimum(self, obj: CommissionTerms) -> str:
        return money(obj.minimum, obj.partner.currency)

    @display(description=_("cap"), ordering="cap")
    def shown_cap(self, obj: CommissionTerms) -> str:
        return NOTHING if obj.cap is None else money(obj.cap, obj.partner.currency)

    @display(description=_("settlement threshold"), ordering="threshold")
    def shown_threshold(self, obj: CommissionTerms) -> str:
        return money(obj.threshold, obj.partner.currency)

    @display(description=_("closing"))
    def policy(self, obj: CommissionTerms) -> str:
        return obj.get_close_policy_display()

    @display(description=_("created at"), ordering="created_at")
    def when(self, obj: CommissionTerms) -> str:
        return instant(obj.created_at)
