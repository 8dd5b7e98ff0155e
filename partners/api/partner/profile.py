"""The partner's own profile."""

from datetime import UTC, datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import errors
from loyalty.api.envelope import ok
from loyalty.api.schema import document
from loyalty.limits import limiter
from partners.api.base import PartnerViewSet
from partners.api.partner.serializers import PartnerAnswer, PartnerForm
from partners.errors import CurrencyFixed, InsufficientPartnerPermissions, PartnerNotFound
from partners.selectors.profile import PartnerProfile, get_profile
from partners.services.profile import update_profile

EXAMPLE = {
    "id": 7,
    "name": "Kavos Namai",
    "legal_name": "UAB „Kavos namai“",
    "registration_code": "304567891",
    "description": "Coffee and pastry in 52 places.",
    "contact_email": "info@kavosnamai.example",
    "contact_phone": "+37061234567",
    "website": "https://kavosnamai.example",
    "logo_url": "",
    "is_active": True,
    "status": "active",
    "tier": "professional",
    "shops_count": 52,
    "settings": {
        "country": "LT",
        "time_zone": "Europe/Vilnius",
        "currency": "EUR",
        "default_language": "lt",
        "languages": ["lt", "en"],
        "earn_basis": "gross",
        "enrol_unknown_emails": True,
        "attach_receipt_days": 30,
        "levels": [{"name": "Bronze", "points": 0}, {"name": "Silver", "points": 1000}],
    },
    "capabilities": ["cards.view", "partner.edit", "partner.view"],
    "integration_status": "connected",
    "api_limits": {
        "requests_per_hour": 5000,
        "burst_per_minute": 200,
        "remaining_hour": 4993,
        "remaining_minute": 198,
        "resets_at": "2026-11-23T22:00:00Z",
    },
    "verification_status": "verified",
    "compliance_status": "pending",
    "created_at": "2026-01-05T08:00:00Z",
    "updated_at": "2026-11-20T10:15:00Z",
}


class PartnerProfileViewSet(PartnerViewSet):
    """One's own partner; every other id is as good as absent."""

    capabilities = {"retrieve": "partner.view", "update": "partner.edit"}

    def _own(self, partner_id: int) -> None:
        if partner_id != self.partner.pk:
            raise PartnerNotFound

    def _present(self, profile: PartnerProfile) -> dict[str, Any]:
        left = limiter.peek(self.principal.limit_key, self.principal.limits)
        own = vars(profile.partner)
        answer = {
            **own,
            "plan": profile.partner.plan,
            "is_active": profile.partner.is_active,
            "shops_count": profile.shops_count,
            "integration_status": profile.integration_status,
            "settings": profile.partner,
            "capabilities": sorted(self.principal.capabilities - {"session"}),
            "api_limits": {
                "requests_per_hour": left.limit,
                "burst_per_minute": left.minute_limit,
                "remaining_hour": left.remaining,
                "remaining_minute": left.minute_remaining,
                "resets_at": datetime.fromtimestamp(left.reset_at, UTC),
            },
        }
        return dict(PartnerAnswer(answer).data)

    @document(
        "Partner details",
        description="Profile, settings, what the caller may do, how far tills are connected, and what is left of the "
        "caller's own rate limits.",
        answer=PartnerAnswer,
        raises=(InsufficientPartnerPermissions, PartnerNotFound),
        example=EXAMPLE,
    )
    def retrieve(self, request: Request, locale: str, id: int) -> Response:
        self._own(id)
        return ok(self._present(get_profile(self.partner)))

    @document(
        "Change partner details",
        description="Owners only; every field is optional. Status, plan and checks are the platform's to set. The "
        "currency is fixed with the first sale.",
        body=PartnerForm(partial=True),
        answer=PartnerAnswer,
        raises=(InsufficientPartnerPermissions, PartnerNotFound, CurrencyFixed, errors.ValidationFailed),
        example=EXAMPLE,
        body_example={"website": "https://kavosnamai.example", "settings": {"languages": ["lt", "en", "lv"]}},
    )
    def update(self, request: Request, locale: str, id: int) -> Response:
        self._own(id)
        form = self.validated(PartnerForm, partial=True)
        data = {**form, **form.pop("settings", {})}
        data.pop("settings", None)
        profile = update_profile(actor=self.actor, partner=self.partner, data=data, at=self.now)
        return ok(self._present(profile))
