"""Asking for a code: who may learn whether somebody is registered."""

from datetime import datetime

from customers.choices import OtpPurpose
from customers.errors import UserExists, UserNotFound
from customers.models import OneTimeCode
from customers.selectors.persons import find_person
from customers.services.one_time_codes import send_code
from partners.models import Partner


def request_code(
    *, phone: str, purpose: str, brand: Partner | None, partner: Partner | None, language: str, at: datetime
) -> OneTimeCode:
    """Send a code to a phone; `partner` is who asked with its credentials.

    Raises QuotaExceeded and SmsSendFailed; to a partner UserNotFound and UserExists. A stranger's phone gets its code
    like any other: the owner learns by it what nobody else may (decision 14).
    """
    if partner is not None:
        is_known = find_person(phone) is not None
        if purpose == OtpPurpose.LOGIN and not is_known:
            raise UserNotFound
        if purpose == OtpPurpose.REGISTER and is_known:
            raise UserExists
    return send_code(phone=phone, purpose=purpose, brand=brand, partner=partner, language=language, at=at)
