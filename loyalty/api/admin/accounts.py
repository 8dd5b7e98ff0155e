"""Log-in of platform staff."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import errors
from loyalty.api.accounts import (
    TOKENS_EXAMPLE,
    AccountViewSet,
    ForgotPasswordForm,
    LoginForm,
    LogoutForm,
    RefreshForm,
    ResetPasswordForm,
    TokensAnswer,
    present_tokens,
)
from loyalty.api.admin.serializers import AdminLoginAnswer, AdminUserAnswer
from loyalty.api.base import AdminViewSet
from loyalty.api.envelope import ok
from loyalty.api.guards import guarded_log_in
from loyalty.api.schema import document
from loyalty.services.accounts import log_in_admin
from loyalty.services.tokens import ADMIN_REALM

USER_EXAMPLE = {
    "id": 1,
    "name": "Ona Kazlauskienė",
    "email": "admin@loyalty.example",
    "language": "lt",
    "is_superuser": True,
    "created_at": "2026-01-05T08:00:00Z",
    "last_login_at": "2026-11-23T07:41:12Z",
}


class AdminAccountViewSet(AccountViewSet):
    """Open to strangers: it is how they stop being strangers."""

    realm = ADMIN_REALM

    @document(
        "Log in as platform staff",
        body=LoginForm,
        answer=AdminLoginAnswer,
        raises=(errors.InvalidCredentials, errors.InsufficientPermissions, errors.ValidationFailed),
        example={**TOKENS_EXAMPLE, "user": USER_EXAMPLE},
        body_example={"email": "admin@loyalty.example", "password": "correct horse battery"},
        public=True,
    )
    def login(self, request: Request, locale: str) -> Response:
        form = self.validated(LoginForm)
        with guarded_log_in(request._request, form["email"]):
            login = log_in_admin(**form, at=self.now)
        return ok({**present_tokens(login.tokens), "user": AdminUserAnswer(login.user).data})

    @document(
        "Refresh an admin token",
        body=RefreshForm,
        answer=TokensAnswer,
        raises=(errors.InvalidToken, errors.TokenExpired, errors.ValidationFailed),
        example=TOKENS_EXAMPLE,
        body_example={"refresh_token": TOKENS_EXAMPLE["refresh_token"]},
        public=True,
    )
    def refresh(self, request: Request, locale: str) -> Response:
        return self._refresh()

    @document(
        "Log out as platform staff",
        description="The Authorization header or `refresh_token` names the session; all its tokens end at once.",
        body=LogoutForm,
        raises=(errors.AuthRequired, errors.InvalidToken, errors.TokenExpired),
        body_example={},
        public=True,
    )
    def logout(self, request: Request, locale: str) -> Response:
        return self._logout(request)

    @document(
        "Ask for a new admin password",
        description="Always the same answer, whether the address is known or not.",
        body=ForgotPasswordForm,
        raises=(errors.ValidationFailed,),
        body_example={"email": "admin@loyalty.example"},
        public=True,
    )
    def forgot_password(self, request: Request, locale: str) -> Response:
        return self._forgot_password(request)

    @document(
        "Set a new admin password",
        description="With the two parts of the link that was mailed. It works once and ends every session.",
        body=ResetPasswordForm,
        raises=(errors.InvalidResetLink, errors.ValidationFailed),
        body_example={"uid": "MQ", "token": "d2k9q1-0f4c…", "password": "a new and longer one"},
        public=True,
    )
    def reset_password(self, request: Request, locale: str) -> Response:
        return self._reset_password(request)


class AdminMeViewSet(AdminViewSet):
    """Who the token belongs to."""

    capabilities = {"me": "admin"}
    rights = {
        "me": (),
    }

    @document("The admin behind the token", answer=AdminUserAnswer, example=USER_EXAMPLE)
    def me(self, request: Request, locale: str) -> Response:
        return ok(AdminUserAnswer(self.user).data)
