"""What the ledger's actions ask."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from cards.models import IssuedCard
from customers.models import Customer
from ledger.selectors import backoffice
from ledger.services import adjustments
from loyalty.backoffice.forms import ReasonForm


class AdjustForm(ReasonForm):
    """How many points come or go."""

    points = forms.IntegerField(
        label=_("Points"),
        min_value=-adjustments.MOST_POINTS,
        max_value=adjustments.MOST_POINTS,
        help_text=_("500 adds points, -500 takes them away."),
        widget=widgets.UnfoldAdminIntegerFieldWidget(),
    )

    def clean_points(self) -> int:
        if self.cleaned_data["points"] == 0:
            raise ValidationError(_("This must not be 0."))
        return self.cleaned_data["points"]


class TransferForm(ReasonForm):
    """How many points go to which card of the same partner."""

    number = forms.CharField(
        label=_("To card number"),
        max_length=20,
        help_text=_("Another card of the same partner, for example 123-456-789."),
        widget=widgets.UnfoldAdminTextInputWidget(),
    )
    points = forms.IntegerField(
        label=_("Points"),
        min_value=1,
        max_value=adjustments.MOST_POINTS,
        widget=widgets.UnfoldAdminIntegerFieldWidget(),
    )

    def clean_number(self) -> IssuedCard:
        partner = self.subject.partner  # type: ignore[attr-defined]
        target = backoffice.find_issued_card_by_number(partner=partner, text=self.cleaned_data["number"])
        if target is None:
            raise ValidationError(_("This partner has issued no card with this number."))
        return target


class ReceiptForm(ReasonForm):
    """Whose receipt it is."""

    customer = forms.CharField(
        label=_("Customer"),
        max_length=254,
        help_text=_("E-mail, phone, card number, external id or id of a customer of this partner."),
        widget=widgets.UnfoldAdminTextInputWidget(),
    )

    def clean_customer(self) -> Customer:
        partner = self.subject.partner  # type: ignore[attr-defined]
        customer = backoffice.find_customer(partner=partner, text=self.cleaned_data["customer"].strip())
        if customer is None:
            raise ValidationError(_("This partner has no such customer."))
        return customer
