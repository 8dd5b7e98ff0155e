"""Callers of the Shop API for tests: persons with a token of their own, or one granted to a partner's till."""

from datetime import datetime

from django.utils import timezone

from customers.models import Person
from loyalty.services.tokens import bound_token, open_bound_session, open_person_session
from partners.models import Partner
from partners.tests.callers import Caller


def customer_headers(person: Person, partner: Partner | None = None, *, at: datetime | None = None) -> dict[str, str]:
    """The header of a fresh token; bound to `partner` if one is given."""
    owner = {"person_id": person.pk, "token_version": person.token_version, "at": at or timezone.now()}
    if partner is None:
        token = open_person_session(**owner).access
    else:
        token = bound_token(open_bound_session(partner_id=partner.pk, **owner))
    return {"Authorization": f"Bearer {token}"}


def person_caller(person: Person, partner: Partner | None = None, **more_headers: str) -> Caller:
    """A person's app, or a till that the person has logged in at."""
    return Caller({**customer_headers(person, partner), **more_headers})
