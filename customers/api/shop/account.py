"""A person's own account (contract 2.5)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.base import ShopViewSet
from customers.api.guards import guard_email_proof, guarded_code
from customers.api.shop.account_serializers import (
    EraseForm,
    ExportAnswer,
    OneselfAnswer,
    ProfileForm,
    StatisticsAnswer,
    present_me,
)
from customers.api.shop.doors import USER_EXAMPLE
from customers.errors import OtpExpired, OtpInvalid, OtpMaxAttempts
from customers.selectors.account import export_person, get_statistics, get_view
from customers.services.erasure import erase_own_account
from customers.services.persons import set_preferences, update_profile
from loyalty import errors
from loyalty.api.base import Capability
from loyalty.api.envelope import acknowledged, ok
from loyalty.api.schema import document

ME = {**USER_EXAMPLE, "role": "member", "language": "lt", "updated_at": "2026-11-23T18:30:00Z"}
STATISTICS = {
    "total_cards": 2,
    "total_points": 515,
    "total_coupons": 3,
    "active_coupons": 1,
    "completed_games": 4,
    "level": None,
}
FreeMap = serializers.DictField


class AccountViewSet(ShopViewSet):
    """Whose token it is, and what is theirs to see and change."""

    capabilities: ClassVar[Mapping[str, Capability]] = {
        "me": "customer.self",
        "statistics": "customer.self",
        "profile": "customer.account",
        "preferences": "customer.account",
        "change_preferences": "customer.account",
        "export": "customer.account",
        "destroy": "customer.account",
    }

    @property
    def mine(self) -> Any:
        """The person; no action here is open to anybody else."""
        assert self.person is not None, "only persons have these capabilities"
        return self.person

    @document(
        "The customer behind the token",
        description="With a token that is bound to a partner, or API credentials beside one's own token, `id` is that "
        "partner's customer and the rest what it knows.",
        answer=OneselfAnswer,
        raises=(errors.InsufficientPermissions, errors.ResourceNotFound),
        example=ME,
    )
    def me(self, request: Request, locale: str) -> Response:
        view = get_view(person=self.mine, partner=self.partner)
        return ok(OneselfAnswer(present_me(self.mine, view)).data)

    @document(
        "Change one's profile",
        body=ProfileForm,
        answer=OneselfAnswer,
        raises=(errors.InsufficientPermissions, errors.ValidationFailed, errors.QuotaExceeded),
        example=ME,
        body_example={"name": "Ona Petraitė", "email": "ona@example.com"},
        description="What is not named stays. Partners keep what they were told: one's name at a partner is changed "
        "there. A new e-mail address counts once the link that is mailed to it is opened: until then it goes to no "
        "partner. Naming it again has the link sent again, ten times a day at most.",
    )
    def profile(self, request: Request, locale: str) -> Response:
        form = self.validated(ProfileForm)
        if form.get("email"):
            guard_email_proof(request._request, person=self.mine)
        person = update_profile(actor=self.actor, person=self.mine, data=form, at=self.now)
        return ok(OneselfAnswer(present_me(person, None)).data)

    @document(
        "One's preferences",
        answer=FreeMap(),
        raises=(errors.InsufficientPermissions,),
        example={"newsletter": True, "favourite_shop": 3},
    )
    def preferences(self, request: Request, locale: str) -> Response:
        return ok(self.mine.preferences)

    @document(
        "Change one's preferences",
        body=OpenApiTypes.OBJECT,
        answer=FreeMap(),
        raises=(errors.InsufficientPermissions, errors.ValidationFailed),
        example={"newsletter": True, "favourite_shop": 3},
        body_example={"newsletter": True, "theme": None},
        description="A free map of plain values. Keys that are not named stay; null forgets one.",
    )
    def change_preferences(self, request: Request, locale: str) -> Response:
        if not isinstance(request.data, dict):
            raise errors.ValidationFailed
        person = set_preferences(actor=self.actor, person=self.mine, data=request.data, at=self.now)
        return ok(person.preferences)

    @document(
        "One's figures",
        answer=StatisticsAnswer,
        raises=(errors.InsufficientPermissions,),
        example=STATISTICS,
        description="Over all partners; at one where the token is bound to it or API credentials come along.",
    )
    def statistics(self, request: Request, locale: str) -> Response:
        figures = get_statistics(person=self.mine, partner=self.partner, at=self.now)
        return ok(StatisticsAnswer(figures).data)

    @document(
        "Everything that is known of one",
        answer=ExportAnswer,
        raises=(errors.InsufficientPermissions,),
        example={"person": {"id": 1042, "phone": "+37060000001"}, "customers": {"customers": []}},
        description="Profile, every partner's view, consents, messages, cards, sales, points, coupons and plays.",
    )
    def export(self, request: Request, locale: str) -> Response:
        return ok(export_person(person=self.mine))

    @document(
        "Delete one's account",
        body=EraseForm,
        raises=(errors.InsufficientPermissions, errors.ValidationFailed, OtpInvalid, OtpExpired, OtpMaxAttempts),
        body_example={"otp": "482913"},
        description="For good: the person, and name, phone, e-mail and cards at every partner; points on them cannot "
        "be used any more. What was bought stays in the partners' books and leads to nobody. A log-in in the last ten "
        "minutes proves that it is the owner; later `otp`, a code of type `verify`, has to.",
    )
    def destroy(self, request: Request, locale: str) -> Response:
        code = self.validated(EraseForm).get("otp")
        assert self.claims is not None, "a person came by a token"
        with guarded_code(request._request, partner=None):
            erase_own_account(
                person=self.mine,
                session_id=self.claims.session_id,
                code=code,
                partner=self.partner,
                at=self.now,
            )
        return acknowledged(_("Your account was deleted."))

    # A try of a code is spent whatever follows: it must not be inside the transaction that keeps answers.
    destroy.keeps_its_own_key = True
