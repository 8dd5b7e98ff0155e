"""Proving a staff token on calls that change nothing, with the rate limit counted in the same breath.

What was read is remembered for one second (decision 12). The limiter's single call to Redis also answers the generation
of all that stands behind staff tokens, so a change made by a service is noticed on the very next request all the same.
"""

import time
from dataclasses import dataclass
from typing import NamedTuple

from loyalty.limits import limiter
from loyalty.limits.limiter import Decision
from loyalty.services.audit import Actor
from loyalty.services.standing import GENERATION
from loyalty.services.tokens import AccessClaims
from partners.selectors.access import StaffAccess, recall_staff_access

REMEMBERED_SECONDS = 1.0
REMEMBERED_TOKENS = 4_096


@dataclass(frozen=True, slots=True)
class ProvenStaff:
    """An admitted caller and the rate limit headers of this call."""

    access: StaffAccess
    actor: Actor
    headers: dict[str, str]


class _Known(NamedTuple):
    """What the database said, when it was asked, and a generation that was answered before that moment."""

    access: StaffAccess
    generation: int | None
    since: float


_remembered: dict[AccessClaims, _Known] = {}


def prove_staff(claims: AccessClaims) -> ProvenStaff:
    """Who is calling. Raises InvalidToken, PartnerNotActive or QuotaExceeded. Nobody may change the objects."""
    known = _remembered.get(claims)
    is_remembered = known is not None and time.monotonic() - known.since < REMEMBERED_SECONDS
    if known is None or not is_remembered:
        known = _ask(claims, None if known is None else known.generation)
    decision = _count(known.access)
    # Without Redis nobody could tell us of a change: then the database is asked every time.
    if is_remembered and (decision.generation is None or decision.generation != known.generation):
        before, known = known, _ask(claims, decision.generation)
        if known.access.limits != before.access.limits:
            decision = _count(known.access)
    if not decision.allowed:
        raise limiter.refusal(decision)
    return ProvenStaff(known.access, actor_of(known.access), limiter.header_map(decision))


def actor_of(access: StaffAccess) -> Actor:
    """A staff member as audit trail and limiter know them."""
    return Actor("staff", access.staff.pk)


def _count(access: StaffAccess) -> Decision:
    return limiter.check(str(actor_of(access)), access.limits, watch=GENERATION)


def _ask(claims: AccessClaims, generation: int | None) -> _Known:
    """Ask the database. The generation must be older than the answer: a newer one would hide a change in between."""
    since = time.monotonic()
    known = _Known(recall_staff_access(claims), generation, since)
    if len(_remembered) >= REMEMBERED_TOKENS:
        _remembered.clear()
    _remembered[claims] = known
    return known
