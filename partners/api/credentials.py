"""Proving the X-API-Key and X-API-Secret headers, with the rate limit counted in the same breath.

What was read of a key is remembered for one second. The limiter's single call to Redis also answers the key's
generation, so a revoked or rotated credential is noticed on the very next request all the same.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from loyalty.limits import limiter
from loyalty.limits.address import client_address
from loyalty.services.audit import Actor
from loyalty.services.request_log import ApiCaller
from partners.selectors.access import CredentialAccess, check_credential, get_credential, read_key
from partners.services.credentials import generation_key

REMEMBERED_SECONDS = 1.0
REMEMBERED_KEYS = 4_096


@dataclass(frozen=True, slots=True)
class ProvenCredential:
    """An admitted caller and the rate limit headers of this call."""

    access: CredentialAccess
    actor: Actor
    headers: dict[str, str]


_remembered: dict[str, tuple[CredentialAccess, int | None, float]] = {}


def prove_credential(request: HttpRequest, *, at: datetime) -> ProvenCredential:
    """Who is calling. Raises an AuthenticationError or AccessError of `partners.errors`, or QuotaExceeded."""
    key, secret = read_key(request.META.get("HTTP_X_API_KEY"), request.META.get("HTTP_X_API_SECRET"))
    known = _remembered.get(key)
    if known is not None and time.monotonic() - known[2] < REMEMBERED_SECONDS:
        access, generation, since = known
    else:
        access, generation, since = get_credential(key), None, time.monotonic()
        known = None
    request.api_caller = ApiCaller(access.credential.pk, access.partner.pk)  # type: ignore[attr-defined]
    address = client_address(request) if access.credential.allowed_addresses else None
    check_credential(access, secret=secret, address=address, at=at)

    decision = limiter.check(label(access), access.limits, watch=generation_key(key))
    if not decision.allowed:
        raise limiter.refusal(decision)
    if known is None:
        _remember(key, access, decision.generation, since)
    elif decision.generation != generation:
        access = get_credential(key)
        check_credential(access, secret=secret, address=address, at=at)
        _remember(key, access, decision.generation, time.monotonic())
    return ProvenCredential(access, Actor("credential", access.credential.pk), limiter.header_map(decision))


def label(access: CredentialAccess) -> str:
    """What the limiter counts by and Idempotency-Keys are scoped to."""
    return f"credential:{access.credential.pk}"


def _remember(key: str, access: CredentialAccess, generation: int | None, since: float) -> None:
    if len(_remembered) >= REMEMBERED_KEYS:
        _remembered.clear()
    _remembered[key] = (access, generation, since)
