"""Forms of SMS accounts: a password goes in and never comes out."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from loyalty.backoffice.forms import ReasonForm, RecordForm
from loyalty.outbound.allowance import configured_allowance
from loyalty.outbound.connecting import refuse_closed
from loyalty.outbound.targets import OutboundRefusedError, read_host, read_target
from messaging.rules.sms import is_sender
from messaging.rules.sms_prices import wrong_prices


class SendersField(forms.CharField):
    """Names of senders, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=widgets.UnfoldAdminTextareaWidget({"rows": 3}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [line.strip() for line in (data or "").splitlines() if line.strip()] != list(initial or [])

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        names = list(dict.fromkeys(line.strip() for line in (value or "").splitlines() if line.strip()))
        for name in names:
            if not is_sender(name):
                raise ValidationError(
                    _("No sender: %(name)s. At most 11 letters, digits and spaces."), params={"name": name[:40]}
                )
        return names


class PricesField(forms.CharField):
    """Prices per part as `country: price`, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=widgets.UnfoldAdminTextareaWidget({"rows": 4}), **options)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{country}: {price}" for country, price in sorted(value.items()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != initial
        except ValidationError:
            return True

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]
        lines = [line for line in (value or "").splitlines() if line.strip()]
        prices = {country.strip(): price.strip() for country, _colon, price in (line.partition(":") for line in lines)}
        if wrong_prices(prices):
            raise ValidationError(_("Write one country a line and 'other' for the rest, for example LT: 0.0556"))
        return prices


class SmsAccountForm(RecordForm):
    """An account as it is opened and changed; what the account holds comes by top-ups."""

    password = forms.CharField(
        label=_("Password or API secret"),
        max_length=500,
        required=False,
        strip=False,
        help_text=_("Left empty, the old one stays. It is kept sealed and never shown."),
        widget=widgets.UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    senders = SendersField(label=_("Approved senders"), required=False, help_text=_("One a line."))
    prices = PricesField(label=_("Prices per part"), help_text=_("One country a line, and 'other' for the rest."))

    def clean_base_url(self) -> str:
        url = str(self.cleaned_data["base_url"])
        if url:
            try:
                target = refuse_closed(read_target(url, allowance=configured_allowance()))
            except OutboundRefusedError as error:
                raise ValidationError(_("Must be an https address on the open internet.")) from error
            if not target.is_tls and not target.is_allowed:
                raise ValidationError(_("Must be an https address on the open internet."))
        return url

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"])
        if host:
            try:
                read_host(host, 2775, allowance=configured_allowance())
            except OutboundRefusedError as error:
                raise ValidationError(_("Must be the name or the address of a host.")) from error
        return host


class TopUpReasonForm(ReasonForm):
    """How much came in, and by which payment."""

    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=14,
        decimal_places=4,
        min_value=Decimal(-1_000_000),
        max_value=Decimal(1_000_000),
        help_text=_("Negative takes money back."),
        widget=widgets.UnfoldAdminDecimalFieldWidget(),
    )
    reference = forms.CharField(
        label=_("Reference"),
        max_length=100,
        required=False,
        help_text=_("Of the payment; each counts once."),
        widget=widgets.UnfoldAdminTextInputWidget(),
    )

    def clean_amount(self) -> Decimal:
        amount = Decimal(self.cleaned_data["amount"])
        if not amount:
            raise ValidationError(_("Must not be zero."))
        return amount
