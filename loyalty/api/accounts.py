"""Log-in, refresh, log-out and forgotten passwords: the forms and the answers that staff and platform share."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.base import PublicViewSet, bearer_token
from loyalty.api.envelope import acknowledged, ok
from loyalty.api.guards import guard_forgotten, guard_reset
from loyalty.services.accounts import log_out
from loyalty.services.passwords import request_password_reset, reset_password
from loyalty.services.tokens import TokenPair, refresh_session

TOKENS_EXAMPLE = {
    "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…",
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…",
    "refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…",
    "token_type": "bearer",
    "expires_in": 600,
}


class LoginForm(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False)
    remember = serializers.BooleanField(default=True, help_text="false: the session ends after 12 hours, else 30 days.")


class RefreshForm(serializers.Serializer):
    refresh_token = serializers.CharField(max_length=4096)


class LogoutForm(serializers.Serializer):
    refresh_token = serializers.CharField(
        max_length=4096, required=False, allow_null=True, help_text="In place of the Authorization header."
    )


class ForgotPasswordForm(serializers.Serializer):
    email = serializers.EmailField(max_length=254)


class ResetPasswordForm(serializers.Serializer):
    uid = serializers.CharField(max_length=40, help_text="The first part of the link after /account/reset/.")
    token = serializers.CharField(max_length=100, help_text="The second part of the link.")
    password = serializers.CharField(max_length=256, trim_whitespace=False)


class TokensAnswer(serializers.Serializer):
    access_token = serializers.CharField()
    token = serializers.CharField(help_text="The same as access_token.")
    refresh_token = serializers.CharField(help_text="Works once; the answer holds the next one.")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


def present_tokens(pair: TokenPair) -> dict[str, Any]:
    """Both names that documentation gives the access token."""
    return {
        "access_token": pair.access,
        "token": pair.access,
        "refresh_token": pair.refresh,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
    }


class AccountViewSet(PublicViewSet):
    """What both realms do alike; a realm adds its log-in and describes the operations."""

    realm: str
    capabilities = dict.fromkeys(("login", "refresh", "logout", "forgot_password", "reset_password"), "public")

    def _refresh(self) -> Response:
        token = self.validated(RefreshForm)["refresh_token"]
        return ok(present_tokens(refresh_session(token=token, realm=self.realm, at=self.now)))

    def _logout(self, request: Request) -> Response:
        refresh = self.validated(LogoutForm).get("refresh_token")
        access = bearer_token(request._request) if "Authorization" in request.headers else None
        log_out(realm=self.realm, access=access, refresh=refresh, at=self.now)
        return acknowledged(_("You are logged out."))

    def _forgot_password(self, request: Request) -> Response:
        email = self.validated(ForgotPasswordForm)["email"]
        guard_forgotten(request._request, email)
        request_password_reset(email=email)
        return acknowledged(_("If this address belongs to an account, a mail with a link is on its way."))

    def _reset_password(self, request: Request) -> Response:
        guard_reset(request._request)
        reset_password(**self.validated(ResetPasswordForm), at=self.now)
        return acknowledged(_("Your new password is set. Log in with it."))
