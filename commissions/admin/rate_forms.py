"""Forms that people fill in to change a rate."""

import re
from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from commissions.admin.wording import tiers_of
from commissions.choices import Component, RateMode
from commissions.models import CommissionRate
from commissions.rules.cards import Draft
from loyalty.backoffice.forms import ReasonForm
from partners.models import Partner, Shop

MOST_TIERS = 50
BLANK_TIERS = 4
_NUMBER = re.compile(r"-?[0-9]{1,10}([.,][0-9]{1,4})?\Z")


class AmountField(forms.CharField):
    """A number as people write it, with a point or a comma; no thousands separator, which one might be taken for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=widgets.UnfoldAdminTextInputWidget({"inputmode": "decimal", "autocomplete": "off"}), **options
        )

    def prepare_value(self, value: Any) -> Any:
        return format(value.normalize(), "f") if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        text = "".join((value or "").split())
        return read_number(text) if text else None


def read_number(text: str) -> Decimal:
    """Raises ValidationError for what could be read in two ways."""
    if not _NUMBER.match(text) or re.search(r",[0-9]{3}\Z", text):
        raise ValidationError(_("Write a number such as 2.5 or 1000, without separators of thousands."))
    return Decimal(text.replace(",", "."))


class TiersWidget(forms.Widget):
    """A row for each tier, and some empty ones."""

    template_name = "commissions/backoffice/tiers.html"
    input_type = "group"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[tuple[str, str]]:
        rows = [
            (str(data.get(f"{name}_{row}_from", "")).strip(), str(data.get(f"{name}_{row}_percent", "")).strip())
            for row in range(MOST_TIERS)
        ]
        return [row for row in rows if any(row)]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        filled = [(str(start), str(percent)) for start, percent in value or []]
        rows = [*filled, *[("", "")] * BLANK_TIERS][:MOST_TIERS]
        classes = " ".join(widgets.INPUT_CLASSES)
        page = render_to_string(self.template_name, {"name": name, "rows": rows, "classes": classes})
        return mark_safe(page)  # noqa: S308 - a template's output is escaped

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0_from" if id_ else id_


class TiersField(forms.Field):
    """Tiers as (from, percent) pairs."""

    widget = TiersWidget

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [
                tuple(format(part.normalize(), "f") if isinstance(part, Decimal) else part for part in row)
                for row in value
            ]
        return value

    def to_python(self, value: Any) -> tuple[tuple[Decimal, Decimal], ...]:
        rows = []
        for start, percent in value or []:
            if not start or not percent:
                raise ValidationError(_("Give each tier both where it begins and its percentage."))
            rows.append((read_number("".join(start.split())), read_number("".join(percent.split()))))
        return tuple(rows)


class RateTermsForm(ReasonForm):
    """What a scope pays from some day on; `subject` is the version that it follows, or a new one without a number."""

    mode = forms.ChoiceField(label=_("Mode"), choices=RateMode.choices, widget=widgets.UnfoldAdminSelectWidget())
    percent = AmountField(
        label=_("Percent"), required=False, help_text=_("With tiers: what sales below the first tier pay.")
    )
    tiers = TiersField(
        label=_("Tiers"),
        required=False,
        help_text=_("Only for the two modes with tiers: from which sales of the month on which percentage counts."),
    )
    fixed = AmountField(label=_("Fixed amount"), required=False, help_text=_("Once a sale."))
    min = AmountField(label=_("Minimum"), required=False)
    max = AmountField(label=_("Maximum"), required=False)
    valid_from = forms.DateField(
        label=_("Valid from"),
        required=False,
        widget=widgets.UnfoldAdminSingleDateWidget(),
        help_text=_("From midnight of this day on the partner's clock; empty: from this moment on."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subject: Any = self.subject
        if subject.pk:
            terms = {name: getattr(subject, name) for name in ("mode", "percent", "fixed")}
            self.initial = {
                **terms,
                "min": subject.minimum,
                "max": subject.maximum,
                "tiers": tiers_of(subject),
                **self.initial,
            }

    @property
    def draft(self) -> Draft:
        """What is asked for, in the rules' words."""
        asked, scope = self.cleaned_data, self.scope
        begin = asked["valid_from"]
        return Draft(
            component=scope["component"],
            shop_id=scope["shop_id"],
            category=scope["category"],
            currency=scope["currency"],
            percent=asked["percent"] or Decimal(0),
            fixed=asked["fixed"] or Decimal(0),
            minimum=asked["min"],
            maximum=asked["max"],
            mode=asked["mode"],
            tiers=asked["tiers"],
            valid_from=datetime.combine(begin, time.min) if begin else None,
        )

    @property
    def scope(self) -> dict[str, Any]:
        """Of whom and what the rate speaks."""
        return {name: getattr(self.subject, name) for name in ("component", "shop_id", "category", "currency")}

    @property
    def partner(self) -> Partner | None:
        """Whose rate it is; None: the platform's default."""
        subject: Any = self.subject
        return subject.partner


class NewRateForm(RateTermsForm):
    """A rate for a scope that the form asks for, too."""

    of_partner = forms.ModelChoiceField(
        label=_("Partner"),
        queryset=Partner.objects.order_by(),
        required=False,
        widget=AutocompleteSelect(CommissionRate._meta.get_field("partner"), admin.site),
        help_text=_("Empty: the platform's default, for everybody without a rate of their own."),
    )
    component = forms.ChoiceField(
        label=_("Component"), choices=Component.choices, widget=widgets.UnfoldAdminSelectWidget()
    )
    shop = forms.ModelChoiceField(
        label=_("Shop"),
        queryset=Shop.objects.select_related("partner").order_by(),
        required=False,
        widget=AutocompleteSelect(CommissionRate._meta.get_field("shop"), admin.site),
        help_text=_("Empty: all shops."),
    )
    category = forms.CharField(
        label=_("Category"),
        max_length=100,
        required=False,
        strip=True,
        widget=widgets.UnfoldAdminTextInputWidget(),
        help_text=_("As the carts of tills name it. Empty: all categories."),
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        label=_("Currency"),
        required=False,
        widget=widgets.UnfoldAdminTextInputWidget({"maxlength": 3}),
        help_text=_("Only for the platform's default; empty: EUR."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["of_partner", "component", "shop", "category", "currency"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        partner, shop = self.cleaned_data.get("of_partner"), self.cleaned_data.get("shop")
        if shop is not None and (partner is None or shop.partner_id != partner.pk):
            self.add_error("shop", _("This belongs to another partner."))
        currency = (self.cleaned_data.get("currency") or "").upper()
        if partner is not None and currency not in {"", partner.currency}:
            self.add_error("currency", _("This partner's currency is {currency}.").format(currency=partner.currency))
        return cleaned

    @property
    def scope(self) -> dict[str, Any]:
        asked = self.cleaned_data
        return {
            "component": asked["component"],
            "shop_id": asked["shop"].pk if asked["shop"] else None,
            "category": asked["category"].strip().casefold(),
            "currency": self.partner.currency if self.partner else (asked["currency"] or "EUR").upper(),
        }

    @property
    def partner(self) -> Partner | None:
        return self.cleaned_data["of_partner"]


class EndRateForm(ReasonForm):
    """From when on a rate does not count any more."""

    valid_to = forms.DateField(
        label=_("Ends on"),
        required=False,
        widget=widgets.UnfoldAdminSingleDateWidget(),
        help_text=_("The first day on which it does not count any more; empty: from this moment on."),
    )
