"""One-time codes, and entering with them (contract 2.5)."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.door import DoorViewSet
from customers.api.guards import guard_code_request, guarded_code
from customers.api.shop.account_serializers import (
    CodeForm,
    CodeSentAnswer,
    PersonTokensAnswer,
    RegisterForm,
    RequestCodeForm,
    UserAnswer,
    present_user,
)
from customers.errors import OtpExpired, OtpInvalid, OtpMaxAttempts, UserBlocked, UserExists, UserNotFound
from customers.services import persons
from customers.services.one_time_codes import verify_code
from customers.services.persons import PersonLogin
from customers.services.request_code import request_code
from loyalty import errors
from loyalty.api.accounts import (
    TOKENS_EXAMPLE,
    LogoutForm,
    RefreshForm,
    TokensAnswer,
    present_tokens,
)
from loyalty.api.base import bearer_token
from loyalty.api.envelope import acknowledged, created, ok
from loyalty.api.schema import document
from loyalty.services.accounts import log_out
from loyalty.services.tokens import CUSTOMER_REALM
from messaging.errors import SmsSendFailed
from partners.errors import ApiKeyUnknown, ApiSecretWrong, CredentialsExpired, PartnerNotActive, ScopeInsufficient

CREDENTIALS = (ApiKeyUnknown, ApiSecretWrong, CredentialsExpired, PartnerNotActive, ScopeInsufficient)
CODE = (OtpInvalid, OtpExpired, OtpMaxAttempts, errors.ValidationFailed, *CREDENTIALS)
USER_EXAMPLE = {
    "id": 1042,
    "phone": "+37060000001",
    "email": "ona@example.com",
    "name": "Ona Petraitė",
    "email_verified_at": None,
    "phone_verified_at": "2026-11-23T18:30:00Z",
    "created_at": "2026-11-23T18:30:00Z",
}
PERSON_TOKENS = {**TOKENS_EXAMPLE, "expires_in": 3600}
ENTERED = {"user": USER_EXAMPLE, **PERSON_TOKENS}
WHOSE = (
    "Without API credentials `user` is the person. With them it is this partner's customer; somebody new to the "
    "partner becomes its customer, without consent to marketing; and the tokens, refreshed ones too, are good at this "
    "partner only and open no account routes."
)


class CodeViewSet(DoorViewSet):
    """Codes by SMS, and what they open."""

    capabilities = dict.fromkeys(("request_otp", "login", "register", "verify_otp", "refresh", "logout"), "public")

    @document(
        "Ask for a one-time code",
        description="Six digits by SMS, good for five minutes, three tries and the named purpose. A phone gets three "
        "codes in five minutes, five in an hour and sixteen a day. Without API credentials the answer is the same "
        "whether somebody is registered with this phone or not; with them `login` answers USER_NOT_FOUND and "
        "`register` USER_EXISTS at once, and the code is good with the same partner's credentials only.",
        body=RequestCodeForm,
        answer=CodeSentAnswer,
        raises=(errors.ValidationFailed, UserNotFound, UserExists, SmsSendFailed, *CREDENTIALS),
        example={"phone": "+37060000001", "expires_at": "2026-11-23T18:35:00Z"},
        body_example={"phone": "+37060000001", "type": "login"},
        public=True,
    )
    def request_otp(self, request: Request, locale: str) -> Response:
        form = self.validated(RequestCodeForm)
        guard_code_request(request._request, partner=self.partner, brand=self.brand)
        code = request_code(
            phone=form["phone"],
            purpose=form["type"],
            brand=self.brand,
            partner=self.partner,
            language=locale,
            at=self.now,
        )
        return ok(CodeSentAnswer({"phone": code.phone, "expires_at": code.expires_at}).data)

    @document(
        "Log in with a one-time code",
        description=WHOSE,
        body=CodeForm,
        answer=PersonTokensAnswer,
        raises=(*CODE, UserNotFound, UserBlocked),
        example=ENTERED,
        body_example={"phone": "+37060000001", "otp": "482913"},
        public=True,
    )
    def login(self, request: Request, locale: str) -> Response:
        form = self.validated(CodeForm)
        with guarded_code(request._request, partner=self.partner):
            login = persons.log_in(phone=form["phone"], code=form["otp"], partner=self.partner, at=self.now)
        return ok(_entered(login))

    @document(
        "Register with a one-time code",
        description=WHOSE,
        body=RegisterForm,
        answer=PersonTokensAnswer,
        code=201,
        raises=(*CODE, UserExists, UserBlocked),
        example=ENTERED,
        body_example={"phone": "+37060000001", "otp": "482913", "name": "Ona Petraitė", "email": "ona@example.com"},
        public=True,
    )
    def register(self, request: Request, locale: str) -> Response:
        form = self.validated(RegisterForm)
        data: dict[str, Any] = {name: form[name] for name in ("name", "email") if name in form}
        with guarded_code(request._request, partner=self.partner):
            login = persons.register(
                phone=form["phone"], code=form["otp"], data=data, language=locale, partner=self.partner, at=self.now
            )
        return created(_entered(login))

    @document(
        "Verify a phone by a one-time code",
        description="Uses up a code that was asked for with type `verify`. It opens nothing.",
        body=CodeForm,
        raises=CODE,
        body_example={"phone": "+37060000001", "otp": "482913"},
        public=True,
    )
    def verify_otp(self, request: Request, locale: str) -> Response:
        form = self.validated(CodeForm)
        with guarded_code(request._request, partner=self.partner):
            verify_code(phone=form["phone"], code=form["otp"], partner=self.partner, at=self.now)
        return acknowledged(_("The phone number is verified."))

    @document(
        "Refresh a customer token",
        description="A refresh token works once; what it is bound to stays. The same one again within ten seconds gets "
        "the same pair, for a reply that was lost; later it ends the session, because then two parties hold it.",
        body=RefreshForm,
        answer=TokensAnswer,
        raises=(errors.InvalidToken, errors.TokenExpired, errors.ValidationFailed),
        example=PERSON_TOKENS,
        body_example={"refresh_token": TOKENS_EXAMPLE["refresh_token"]},
        public=True,
    )
    def refresh(self, request: Request, locale: str) -> Response:
        token = self.validated(RefreshForm)["refresh_token"]
        return ok(present_tokens(persons.refresh(token=token, at=self.now)))

    @document(
        "Log out as a customer",
        description="The Authorization header or `refresh_token` names the session; all its tokens end at once.",
        body=LogoutForm,
        raises=(errors.AuthRequired, errors.InvalidToken, errors.TokenExpired),
        body_example={},
        public=True,
    )
    def logout(self, request: Request, locale: str) -> Response:
        refresh = self.validated(LogoutForm).get("refresh_token")
        access = bearer_token(request._request) if "Authorization" in request.headers else None
        log_out(realm=CUSTOMER_REALM, access=access, refresh=refresh, at=self.now)
        return acknowledged(_("You are logged out."))


def _entered(login: PersonLogin) -> dict[str, object]:
    user = UserAnswer(present_user(login.person, login.customer)).data
    return {"user": user, **present_tokens(login.tokens)}
