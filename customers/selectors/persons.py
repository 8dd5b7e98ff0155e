"""Reading persons, and who stands behind a customer token at this moment."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, QuerySet

from customers.models import Customer, Person
from loyalty.errors import InvalidToken
from loyalty.models import LoginSession
from loyalty.services.tokens import CUSTOMER_REALM, AccessClaims
from partners.errors import PartnerNotActive
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """A person with the partner that the token is bound to; a token of one's own is bound to none."""

    person: Person
    partner: Partner | None


def get_person_access(claims: AccessClaims, *, at: datetime) -> PersonAccess:
    """The person behind a customer token, as they are now.

    Raises InvalidToken once the session has ended or the person is blocked or erased, PartnerNotActive where the
    partner it is bound to may not act.
    """
    session = LoginSession.objects.filter(
        pk=claims.session_id,
        person_id=claims.subject_id,
        partner_id=claims.partner_id,
        realm=CUSTOMER_REALM,
        token_version=claims.token_version,
        revoked_at=None,
        expires_at__gt=at,
    )
    person = (
        Person.objects.filter(pk=claims.subject_id, is_active=True, token_version=claims.token_version)
        .filter(Exists(session))
        .first()
    )
    if person is None:
        raise InvalidToken
    if claims.partner_id is None:
        return PersonAccess(person, None)
    partner = Partner.objects.select_related("plan").filter(pk=claims.partner_id).first()
    if partner is None:
        raise InvalidToken
    if not partner.is_active:
        raise PartnerNotActive
    return PersonAccess(person, partner)


def list_customers_of_person(*, person: Person, partner: Partner | None = None) -> QuerySet[Customer]:
    """What partners, or one `partner`, know of this person: their own rows and nobody else's."""
    rows = Customer.objects.filter(person=person).select_related("partner")
    return rows if partner is None else rows.filter(partner=partner)


def find_person(phone: str) -> Person | None:
    """The person with this verified phone (E.164)."""
    return Person.objects.filter(phone=phone).first()
