"""Where partners' money goes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from commissions.models import BankDetails
from commissions.rules.bank import masked
from commissions.services.bank import FIELDS, NewBankDetails, check_bank_details, set_bank_details
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import display, instant, link
from loyalty.backoffice.forms import RecordForm
from loyalty.errors import ValidationFailed


class BankDetailsForm(RecordForm):
    """An account, checked as the service does it."""

    class Meta:
        model = BankDetails
        fields = ("partner", *FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "iban" in self.fields:
            # With the spaces of paper it is longer than what is stored.
            self.fields["iban"].widget.attrs["maxlength"] = 50
            self.fields["iban"].validators = []

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            try:
                self.cleaned_data.update(check_bank_details(self.details))
            except ValidationFailed as refusal:
                for name, texts in refusal.errors.items():
                    self.add_error(name, [str(text) for text in texts])
        return cleaned

    @property
    def details(self) -> NewBankDetails:
        """What was filled in."""
        return NewBankDetails(**{name: self.cleaned_data.get(name) or "" for name in FIELDS})


@admin.register(BankDetails)
class BankDetailsAdmin(RecordAdmin):
    """One account a partner; the audit log tells which fields were changed, never to what."""

    form = BankDetailsForm
    list_display = ("partner_link", "account_holder", "shown_iban", "bic", "when")
    list_filter = (("partner", AutocompleteSelectFilter),)
    list_select_related = ("partner",)
    search_fields = ("partner__name", "account_holder")
    search_help_text = _("A part of the partner's or the account holder's name.")
    autocomplete_fields = ("partner",)
    ordering = ("-updated_at", "-partner_id")
    fieldsets = (
        (None, {"fields": ("partner", "account_holder", "iban", "bic")}),
        (_("Payment provider"), {"fields": ("provider_account", "provider_customer")}),
    )

    def save_model(self, request: HttpRequest, obj: BankDetails, form: Any, change: bool) -> None:
        set_bank_details(
            actor=actor_of(request),
            partner=obj.partner,
            data=form.details,
            reason=form.cleaned_data.get("audit_reason", ""),
            at=timezone.now(),
        )

    @display(description=_("partner"), ordering="partner__name")
    def partner_link(self, obj: BankDetails) -> Any:
        return link(obj, str(obj.partner))

    @display(description=_("IBAN"))
    def shown_iban(self, obj: BankDetails) -> str:
        return masked(obj.iban)

    @display(description=_("updated at"), ordering="updated_at")
    def when(self, obj: BankDetails) -> str:
        return instant(obj.updated_at)
