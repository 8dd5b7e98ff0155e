"""One click that ends marketing by e-mail (RFC 8058): a link that only we could have written."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from loyalty.errors import ResourceNotFound
from loyalty.services.audit import SYSTEM
from loyalty.services.sealing import seal, unseal
from messaging.choices import Channel, Purpose
from messaging.services.consents import record_consents
from partners.models import Partner

# What else is sealed with the same key is no link.
MARK = "unsubscribe-email"


def unsubscribe_url(*, partner: Partner, address: str) -> str:
    """The link for one reader of one partner's mails; nothing of the address can be read in it."""
    token = seal(f"{MARK}\n{partner.pk}\n{address}").decode()
    return f"{settings.BASE_URL}/mail/unsubscribe/{token}"


def is_link(*, token: str) -> bool:
    """Whether we wrote this link; asks no database."""
    return _parts(token) is not None


def reader_of_link(*, token: str) -> tuple[Partner, str]:
    """Whose link this is: a partner and an address. Raises ResourceNotFound for one that we did not write."""
    parts = _parts(token)
    if parts is None:
        raise ResourceNotFound
    partner = Partner.objects.filter(pk=int(parts[1])).first()
    if partner is None:
        raise ResourceNotFound
    return partner, parts[2]


def _parts(token: str) -> list[str] | None:
    found = unseal(token.encode("ascii", "replace"))
    parts = [] if found is None else found.split("\n")
    return parts if len(parts) == 3 and parts[0] == MARK else None


@transaction.atomic
def unsubscribe(*, token: str, at: datetime) -> Partner:
    """Write down that this address wants no more marketing of this partner; a second click changes nothing.

    Raises ResourceNotFound.
    """
    partner, address = reader_of_link(token=token)
    given = {(Channel.EMAIL.value, Purpose.MARKETING.value, address): False}
    record_consents(actor=SYSTEM, partner=partner, given=given, source="unsubscribe", at=at)
    return partner
