"""Logging staff of partners in."""

from dataclasses import dataclass
from datetime import datetime

from loyalty.errors import InvalidCredentials
from loyalty.services.accounts import prove_password, session_length
from loyalty.services.tokens import PARTNER_REALM, TokenPair, open_session
from partners.errors import PartnerChoiceNeeded, PartnerNotActive, PartnerNotFound
from partners.models import StaffMember
from partners.rules.capabilities import capabilities_of_staff
from partners.selectors.staff import list_jobs


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """A staff member with fresh tokens; `staff` has its user and partner (with plan) at hand."""

    staff: StaffMember
    tokens: TokenPair


def log_in_staff(
    *, email: str, password: str, remember: bool, at: datetime, partner_id: int | None = None
) -> StaffLogin:
    """Log somebody in at the partner they work for.

    Raises InvalidCredentials, also for those who work nowhere; PartnerNotFound for a partner they do not work for;
    PartnerChoiceNeeded where there are several and none is named; PartnerNotActive.
    """
    user = prove_password(email=email, password=password)
    staff = _choose(list_jobs(user), partner_id)
    lifetime = session_length(remember=remember)
    tokens = open_session(user=user, realm=PARTNER_REALM, partner_id=staff.partner_id, at=at, lifetime=lifetime)
    return StaffLogin(staff, tokens)


def _choose(jobs: list[StaffMember], partner_id: int | None) -> StaffMember:
    if not jobs:
        raise InvalidCredentials
    if partner_id is not None:
        jobs = [job for job in jobs if job.partner_id == partner_id]
        if not jobs:
            raise PartnerNotFound
    # Who works somewhere is not asked about the partner whose application they look after.
    working = [job for job in jobs if job.partner.is_active] or [job for job in jobs if _is_let_in(job)]
    if not working:
        raise PartnerNotActive
    if len(working) > 1:
        choices = [{"id": job.partner_id, "name": job.partner.name} for job in working]
        raise PartnerChoiceNeeded(errors={"partner_id": [PartnerChoiceNeeded.template]}, public={"partners": choices})
    return working[0]


def _is_let_in(job: StaffMember) -> bool:
    return bool(capabilities_of_staff(job.role, job.partner.status))
