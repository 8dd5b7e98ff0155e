"""Customers with their cards and sales."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)

from customers.models import Customer
from customers.rules.contact import normalized_email, normalized_phone
from customers.services.customers import FIELDS as CUSTOMER_FIELDS
from customers.services.customers import announce_update, follow_phone
from ledger.admin.cells import TRANSACTION_HEADERS, transaction_row
from ledger.selectors import backoffice
from ledger.services.customers import register_customer
from loyalty.backoffice.base import RecordAdmin, actor_of
from loyalty.backoffice.display import NOTHING, display, link, list_url
from loyalty.backoffice.forms import RecordForm
from loyalty.backoffice.panels import Panel


class CustomerForm(RecordForm):
    """A customer's form: contacts in the form that tills and messages need."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("the partner's")), ("en", "English"), ("lt", "Lietuvių")],
        widget=widgets.UnfoldAdminSelectWidget(),
    )

    def clean_email(self) -> str | None:
        email = self.cleaned_data["email"]
        return normalized_email(email) if email else None

    def clean_phone(self) -> str | None:
        text = self.cleaned_data["phone"]
        if not text:
            return None
        partner = self.cleaned_data.get("partner") or getattr(self.instance, "partner", None)
        number = normalized_phone(text, partner.country if partner else "")
        if number is None:
            raise ValidationError(_("This is no phone number."))
        return number

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        if not self.errors and not any(values.get(name) for name in ("name", "email", "phone", "external_id")):
            raise ValidationError(_("Enter at least a name, an e-mail address, a phone or an external id."))
        partner = values.get("partner") or getattr(self.instance, "partner_id", None)
        for name, lookup in (("email", "email__iexact"), ("phone", "phone"), ("external_id", "external_id")):
            others = Customer.objects.exclude(pk=self.instance.pk).filter(partner=partner)
            if partner and values.get(name) and others.filter(**{lookup: values[name]}).exists():
                self.add_error(name, _("Another customer of this partner has it already."))
        return cleaned


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    """What partners know of their buyers."""

    form = CustomerForm
    list_display = ("shown_name", "email", "phone", "partner_link", "shop", "source", "is_active", "joined_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectFilter),
        ("source", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("joined_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner", "shop")
    search_fields = ("name", "email", "phone")
    search_help_text = _("Name, e-mail, phone, card number or id.")
    autocomplete_fields = ("partner", "shop")
    readonly_fields = ("source", "joined_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("partner", "name", "email", "phone", "external_id")}),
        (_("More"), {"fields": ("language", "shop", "is_active")}),
        (_("Times"), {"fields": ("source", "joined_at", "updated_at")}),
    )

    add_fieldsets = ((None, {"fields": ("partner", "name", "email", "phone", "external_id", "language", "shop")}),)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(backoffice.customers_matching_across_partners(term)) if term else queryset), False

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            if "phone" in form.changed_data:
                follow_phone(customer=obj)
            if names := set(form.changed_data) & set(CUSTOMER_FIELDS):
                announce_update(actor=actor_of(request), customer=obj, fields=names, at=timezone.now())
            return
        fields = ("name", "email", "phone", "external_id", "language", "shop_id")
        detail = register_customer(
            actor=actor_of(request),
            partner=obj.partner,
            data={name: getattr(obj, name) for name in fields if getattr(obj, name)},
            reach=None,
            at=timezone.now(),
        )
        obj.pk = detail.row.customer.pk

    def panels(self, request: HttpRequest, obj: Customer) -> list[Panel]:
        cards = [
            [link(card), card.card, card.get_status_display(), NOTHING if balance is None else balance.balance]
            for card, balance in backoffice.list_cards_with_balance(customer=obj)
        ]
        sales = [transaction_row(sale) for sale in backoffice.list_last_transactions(customer=obj)]
        return [
            Panel(
                _("Cards"),
                [_("number"), _("card programme"), _("status"), _("balance")],
                cards,
                list_url("cards.issuedcard", customer__id__exact=obj.pk),
                _("This customer holds no card."),
            ),
            Panel(
                _("Last transactions"),
                TRANSACTION_HEADERS,
                sales,
                list_url("ledger.transaction", customer__id__exact=obj.pk),
                _("This customer has not bought anything yet."),
            ),
        ]

    @display(description=_("customer"), ordering="name")
    def shown_name(self, obj: Customer) -> str:
        return str(obj)

    @display(description=_("partner"))
    def partner_link(self, obj: Customer) -> Any:
        return link(obj.partner)
