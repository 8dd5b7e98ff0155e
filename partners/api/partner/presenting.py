"""A partner as the wire shows it, and the bodies that speak of one."""

from datetime import UTC, datetime
from typing import Any

from loyalty.api.principal import Principal
from loyalty.limits import limiter
from partners.api.partner.platform_serializers import NewPartnerAnswer, SeenPartnerAnswer
from partners.api.partner.serializers import PartnerAnswer
from partners.rules.lifecycle import next_states
from partners.selectors.profile import PartnerProfile
from partners.services.partners import NewPartner

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
PLATFORM_EXAMPLE = {
    **EXAMPLE,
    "kind": "partner",
    "parent_id": 3,
    "status_changed_at": "2026-01-09T12:30:00Z",
    "rejection_reason": "",
    "review_notes": "Called the owner on 8 January.",
    "next_statuses": ["suspended", "closed"],
}
NEW_EXAMPLE = {
    **PLATFORM_EXAMPLE,
    "shops_count": 1,
    "integration_status": "ready",
    "verification_status": "not_started",
    "compliance_status": "not_started",
    "shop": {"id": 71, "name": "Gedimino 9"},
    "owner": {"staff_id": 31, "user_id": 12, "email": "rasa@kavosnamai.example", "name": "Rasa Petrauskaitė"},
    "api_credentials": {"api_key": "lty_5TfXbq8ZrW1u0KcJ3hLm9e", "api_secret": "lts_…"},
}
NEW_BODY = {
    "name": "Kavos Namai",
    "contact_email": "info@kavosnamai.example",
    "country": "LT",
    "time_zone": "Europe/Vilnius",
    "currency": "EUR",
    "languages": ["lt", "en"],
    "plan": "professional",
    "parent_id": 3,
    "shop": {"name": "Gedimino 9", "address": "Gedimino pr. 9", "city": "Vilnius"},
    "owner": {"email": "rasa@kavosnamai.example", "name": "Rasa Petrauskaitė"},
    "with_credentials": True,
}

# What only the platform sees.
PLATFORMS = frozenset(set(SeenPartnerAnswer().fields) - set(PartnerAnswer().fields))


def flat(form: dict[str, Any]) -> dict[str, Any]:
    """A form's values in the service's words: what stands in `settings` beside the rest."""
    settings = form.get("settings", {})
    return {**{name: value for name, value in form.items() if name != "settings"}, **settings}


def present(profile: PartnerProfile, principal: Principal, *, for_platform: bool) -> dict[str, Any]:
    """A partner as its caller sees it."""
    shown = dict(SeenPartnerAnswer(_values(profile, principal)).data)
    return shown if for_platform else {name: value for name, value in shown.items() if name not in PLATFORMS}


def present_new(profile: PartnerProfile, principal: Principal, made: NewPartner) -> dict[str, Any]:
    """A partner that was just made, with the secret that is never shown again."""
    secret = made.secret
    values = {
        **_values(profile, principal),
        "shop": made.shop,
        "owner": made.owner,
        "api_credentials": secret and {"api_key": secret.credential.key, "api_secret": secret.secret},
    }
    return dict(NewPartnerAnswer(values).data)


def _values(profile: PartnerProfile, principal: Principal) -> dict[str, Any]:
    left = limiter.peek(principal.limit_key, principal.limits)
    partner = profile.partner
    return {
        **vars(partner),
        "next_statuses": next_states(partner.status),
        "plan": partner.plan,
        "is_active": partner.is_active,
        "shops_count": profile.shops_count,
        "integration_status": profile.integration_status,
        "settings": partner,
        "capabilities": sorted(principal.capabilities - {"session"}),
        "api_limits": {
            "requests_per_hour": left.limit,
            "burst_per_minute": left.minute_limit,
            "remaining_hour": left.remaining,
            "remaining_minute": left.minute_remaining,
            "resets_at": datetime.fromtimestamp(left.reset_at, UTC),
        },
    }
