"""Log-in of partners' staff."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import errors
from loyalty.api.accounts import (
    TOKENS_EXAMPLE,
    AccountViewSet,
    ForgotPasswordForm,
    LogoutForm,
    RefreshForm,
    ResetPasswordForm,
    TokensAnswer,
    present_tokens,
)
from loyalty.api.envelope import ok
from loyalty.api.guards import guarded_log_in
from loyalty.api.schema import document
from loyalty.services.tokens import PARTNER_REALM
from partners.api.base import PartnerViewSet
from partners.api.partner.serializers import LoginPartner, MeAnswer, StaffLoginAnswer, StaffLoginForm, StaffUser
from partners.errors import PartnerChoiceNeeded, PartnerNotActive, PartnerNotFound
from partners.selectors.staff import get_self
from partners.services.access import log_in_staff

PARTNER_EXAMPLE = {
    "id": 7,
    "name": "Kavos Namai",
    "email": "info@kavosnamai.example",
    "tier": "professional",
    "shops_count": 52,
}
USER_EXAMPLE = {
    "id": 12,
    "staff_id": 31,
    "name": "Rasa Petrauskaitė",
    "email": "rasa@kavosnamai.example",
    "language": "lt",
    "role": "owner",
}


class StaffAccountViewSet(AccountViewSet):
    """Open to strangers: it is how they stop being strangers."""

    realm = PARTNER_REALM

    @document(
        "Log in as a partner's staff",
        description="Somebody who works for several partners names one with `partner_id`; without it the answer is "
        "PARTNER_CHOICE_NEEDED with `details.partners`. Ten wrong passwords within a quarter of an hour close the "
        "address for the rest of it.",
        body=StaffLoginForm,
        answer=StaffLoginAnswer,
        raises=(
            errors.InvalidCredentials,
            PartnerNotActive,
            PartnerNotFound,
            errors.ValidationFailed,
            PartnerChoiceNeeded,
        ),
        example={**TOKENS_EXAMPLE, "partner": PARTNER_EXAMPLE, "user": USER_EXAMPLE},
        body_example={"email": "rasa@kavosnamai.example", "password": "correct horse battery"},
        public=True,
    )
    def login(self, request: Request, locale: str) -> Response:
        form = self.validated(StaffLoginForm)
        with guarded_log_in(request._request, form["email"]):
            login = log_in_staff(**form, at=self.now)
        who = {"partner": LoginPartner(login.staff).data, "user": StaffUser(login.staff).data}
        return ok({**present_tokens(login.tokens), **who})

    @document(
        "Refresh a partner token",
        description="A refresh token works once. The same one again within ten seconds gets the same pair, for a reply "
        "that was lost; later it ends the session, because then two parties hold it.",
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
        "Log out as a partner's staff",
        description="The Authorization header or `refresh_token` names the session; all its tokens end at once.",
        body=LogoutForm,
        raises=(errors.AuthRequired, errors.InvalidToken, errors.TokenExpired),
        body_example={},
        public=True,
    )
    def logout(self, request: Request, locale: str) -> Response:
        return self._logout(request)

    @document(
        "Ask for a new staff password",
        description="Always the same answer, whether the address is known or not.",
        body=ForgotPasswordForm,
        raises=(errors.ValidationFailed,),
        body_example={"email": "rasa@kavosnamai.example"},
        public=True,
    )
    def forgot_password(self, request: Request, locale: str) -> Response:
        return self._forgot_password(request)

    @document(
        "Set a new staff password",
        description="With the two parts of the link that was mailed. It works once and ends every session.",
        body=ResetPasswordForm,
        raises=(errors.InvalidResetLink, errors.ValidationFailed),
        body_example={"uid": "MQ", "token": "d2k9q1-0f4c…", "password": "a new and longer one"},
        public=True,
    )
    def reset_password(self, request: Request, locale: str) -> Response:
        return self._reset_password(request)


class MeViewSet(PartnerViewSet):
    """Who the token belongs to."""

    capabilities = {"me": "session"}

    @document(
        "The staff member behind the token",
        answer=MeAnswer,
        example={
            "user": USER_EXAMPLE,
            "partner": PARTNER_EXAMPLE,
            "capabilities": ["cards.view", "customers.view"],
            "shop_ids": None,
            "partners": [{"id": 7, "name": "Kavos Namai", "role": "owner", "is_active": True}],
        },
    )
    def me(self, request: Request, locale: str) -> Response:
        assert self.staff is not None, "only a staff member has the capability 'session'"
        found = get_self(self.staff, self.shop_ids)
        answer = {
            "user": found.staff,
            "partner": found.staff,
            "capabilities": sorted(self.principal.capabilities - {"session"}),
            "shop_ids": None if found.shop_ids is None else sorted(found.shop_ids),
            "partners": found.jobs,
        }
        return ok(MeAnswer(answer).data)
