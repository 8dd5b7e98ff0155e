"""Asking for a code: who may learn whether somebody is registered."""

from datetime import datetime

from customers.choices import OtpPurpose
from customers.errors import UserExists, UserNotFound
from customers.models import OneTimeCode
from customers.selectors.persons import find_person
from customers.services.one_time_codes import send_code
from partners.models import Partner


def request_code(
    *, phone: str, purpose: str, brand: Partner | None, is_told_who_exists: bool, language: str, at: datetime
) -> OneTimeCode:
    """Send a code to a phone. Raises QuotaExceeded and SmsSendFailed; to a partner UserNotFound and UserExists.

    A stranger's phone gets its code like any other: the owner learns by it what nobody else may (decision 14).
    """
    if is_told_who_exists:
        is_known = find_person(phone) is not None
        if purpose == OtpPurpose.LOGIN and not is_known:
            raise UserNotFound
        if purpose == OtpPurpose.REGISTER and is_known:
            raise UserExists
    return send_code(phone=phone, purpose=purpose, brand=brand, language=language, at=at)
