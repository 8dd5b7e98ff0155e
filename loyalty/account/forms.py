"""The form behind a link for a new password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ForgottenPasswordForm(forms.Form):
    """Whose password it is."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(forms.Form):
    """A password, typed twice."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    repeated = forms.CharField(
        label=_("Repeat the password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data and "repeated" in data and data["password"] != data["repeated"]:
            self.add_error("repeated", _("The two passwords are not the same."))
        return data
