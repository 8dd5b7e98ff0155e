"""The back office's log-in, guarded against guessing like every other log-in."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from loyalty.api.guards import guarded_log_in
from loyalty.errors import InvalidCredentials, LoyaltyError


class LoginForm(AuthenticationForm):
    """Tries are counted by address and by e-mail before a password is looked at; without Redis nobody gets in."""

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username")
        if not email or self.request is None:
            return super().clean()
        try:
            with guarded_log_in(self.request, email):
                return self._prove()
        except InvalidCredentials as wrong:
            raise wrong.details["shown"] from wrong
        except LoyaltyError as refusal:
            raise ValidationError(refusal.message, code="refused") from refusal

    def _prove(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ValidationError as shown:
            raise InvalidCredentials(shown=shown) from shown
