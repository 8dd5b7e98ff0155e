"""The back office's log-in, guarded against guessing."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from loyalty.errors import LoyaltyError
from loyalty.limits import anonymous

BY_ADDRESS = "20/15m"
BY_EMAIL = "5/15m"


class LoginForm(AuthenticationForm):
    """Counts tries by address and by e-mail before it looks at a password; without Redis nobody gets in."""

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username")
        if email and self.request is not None:
            try:
                anonymous.require(self.request, group="login:address", rate=BY_ADDRESS)
                anonymous.require(self.request, group="login:email", rate=BY_EMAIL, key=email)
            except LoyaltyError as refusal:
                raise ValidationError(refusal.message, code="too_many") from refusal
        return super().clean()
