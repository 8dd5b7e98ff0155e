"""The form of a new partner: the business, its first shop and its owner on one page."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from loyalty.backoffice.forms import RecordForm
from loyalty.selectors.accounts import find_user
from partners.models import Partner
from partners.rules.lifecycle import INITIAL
from partners.rules.profile import normal_phone

# What the service takes as it stands.
TAKEN = (
    *("kind", "name", "legal_name", "registration_code", "description", "contact_email", "contact_phone"),
    *("website", "logo_url", "country", "time_zone", "currency", "default_language", "languages"),
    *("earn_basis", "enrol_unknown_emails", "attach_receipt_days", "levels"),
)
ABOUT = (_("First shop"), ("shop_name", "shop_address", "shop_city", "shop_phone"))
WHO = (_("Owner"), ("owner_email", "owner_name", "owner_language"))


def _text(label: Any, most: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=False, widget=widgets.UnfoldAdminTextInputWidget(), **options
    )


class Beginning(RecordForm):
    """What stands beside the partner's own fields; `read` gives all of it in the service's words."""

    status = forms.ChoiceField(
        label=_("status"),
        choices=[(str(status), status.label) for status in INITIAL],
        initial=str(INITIAL[1]),
        widget=widgets.UnfoldAdminSelectWidget(),
        help_text=_("Pending review begins an application with papers; active serves tills at once."),
    )
    shop_name = _text(_("Name of the shop"), 255, help_text=_("Leave empty to add shops later."))
    shop_address = _text(_("Address"), 255)
    shop_city = _text(_("City"), 100)
    shop_phone = _text(_("Phone"), 32)
    owner_email = forms.EmailField(
        label=_("E-mail of the owner"),
        required=False,
        widget=widgets.UnfoldAdminEmailInputWidget(),
        help_text=_("Is invited by e-mail to choose a password. Leave empty to invite later."),
    )
    owner_name = _text(_("Name of the owner"), 150)
    owner_language = forms.ChoiceField(
        label=_("Language of the owner"),
        choices=settings.LANGUAGES,
        initial="lt",
        required=False,
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    with_credentials = forms.BooleanField(
        label=_("Make a first API key"),
        required=False,
        widget=widgets.UnfoldBooleanWidget(),
        help_text=_("Its secret is shown once, after saving."),
    )

    def clean_owner_email(self) -> str:
        email = self.cleaned_data["owner_email"]
        user = find_user(email) if email else None
        if user is not None and not user.is_active:
            raise forms.ValidationError(_("This person's account is switched off."))
        return email

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        for part, name in (("shop", "shop_name"), ("owner", "owner_email")):
            others = [key for key in values if key.startswith(f"{part}_") and key not in {name, "owner_language"}]
            if not values.get(name) and name not in self.errors and any(values[key] for key in others):
                self.add_error(name, _("This field is required."))
        for name in ("shop_phone", "contact_phone"):
            if values.get(name) and normal_phone(values[name], values.get("country", "LT")) is None:
                self.add_error(name, _("This is no valid phone number; send +370…"))
        return cleaned

    def read(self) -> dict[str, Any]:
        """The arguments of `create_partner`."""
        values = self.cleaned_data
        shop = {name: values[f"shop_{name}"] for name in ("name", "address", "city", "phone")}
        owner = {name: values[f"owner_{name}"] for name in ("email", "name", "language")}
        parent: Partner | None = values.get("parent")
        return {
            "data": {
                **{name: values[name] for name in TAKEN if name in values},
                "plan": values["plan"].code,
                "parent_id": parent.pk if parent else None,
            },
            "status": values["status"],
            "shop": shop if shop["name"] else None,
            "owner": owner if owner["email"] else None,
            "with_credentials": values["with_credentials"],
        }
