"""What stands between strangers and SMS that cost money, or codes that can be guessed.

A phone's own limits are in the database, exact (customers/rules/codes.py). Here senders are counted: strangers by
address, partners by their own budget; all of it closed while Redis is away (promises D5, E4).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from customers.errors import OtpInvalid
from customers.models import Person
from loyalty.limits.anonymous import guard, require
from partners.models import Partner

CODES_BY_ADDRESS = "30/h"
TRIES_BY_ADDRESS = "60/m"
WRONG_BY_ADDRESS = "100/h"
TRIES_BY_PARTNER = "600/m"
SMS_BY_PARTNER = "2000/d"
PROOFS_BY_PERSON = "10/d"
LINKS_BY_PHONE = "3/d"
LINKS_BY_ADDRESS = "300/h"


def guard_code_request(request: HttpRequest, *, partner: Partner | None, brand: Partner | None) -> None:
    """Before an SMS with a code: by the stranger's address, and by the budget of the partner in whose name it goes.

    What strangers ask for with a key that every app shows is a budget of its own: it must not use up the partner's.
    """
    if partner is None:
        require(request, group="otp-send", rate=CODES_BY_ADDRESS)
    if brand is not None:
        group = "sms-brand" if partner is None else "sms-partner"
        require(request, group=group, rate=SMS_BY_PARTNER, key=str(brand.pk))


@contextmanager
def guarded_code(request: HttpRequest, *, partner: Partner | None) -> Iterator[None]:
    """Around the proof of a code. Raises QuotaExceeded or LimiterUnavailable before any code is looked at."""
    if partner is not None:
        require(request, group="otp-try-partner", rate=TRIES_BY_PARTNER, key=str(partner.pk))
        yield
        return
    require(request, group="otp-try", rate=TRIES_BY_ADDRESS)
    require(request, group="otp-wrong", rate=WRONG_BY_ADDRESS, is_counted=False)
    try:
        yield
    except OtpInvalid:
        guard(request, group="otp-wrong", rate=WRONG_BY_ADDRESS)
        raise


def guard_email_proof(request: HttpRequest, *, person: Person) -> None:
    """Before a mail with a link to an address that a person names: they may name somebody else's."""
    require(request, group="email-proof", rate=PROOFS_BY_PERSON, key=str(person.pk))


def guard_app_link(request: HttpRequest, *, partner: Partner, phone: str) -> None:
    """Before an SMS with a link: three a day to one phone from whomever, and the partner's budget."""
    require(request, group="app-link-address", rate=LINKS_BY_ADDRESS)
    require(request, group="app-link-phone", rate=LINKS_BY_PHONE, key=phone)
    require(request, group="sms-partner", rate=SMS_BY_PARTNER, key=str(partner.pk))
