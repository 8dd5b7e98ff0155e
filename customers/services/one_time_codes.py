"""Sending a one-time code to a phone, and proving that somebody holds it.

A try is spent before the code is looked at, and stays spent whatever becomes of the request: `prove_code` must run
outside a transaction of its caller's. So twenty guesses at once are three guesses.
"""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from customers.choices import OtpPurpose
from customers.errors import OtpExpired, OtpInvalid, OtpMaxAttempts
from customers.models import OneTimeCode
from customers.rules.codes import LIFETIME, LONGEST_WINDOW, TRIES, digest_of, is_code, new_code, wait_for_next
from loyalty.errors import QuotaExceeded
from messaging.choices import SmsPurpose
from messaging.rules.placeholders import fill
from messaging.selectors.sms_templates import find_sms_text
from messaging.services.sms import queue_sms
from partners.models import Partner

LOCK = 0x4F5450  # "OTP": apart from other users of advisory locks


@transaction.atomic
def send_code(
    *, phone: str, purpose: str, brand: Partner | None, language: str, at: datetime, partner: Partner | None = None
) -> OneTimeCode:
    """Make a code and have it sent to `phone` (E.164), in the name of `brand` if one asks for it.

    `partner` is whose server asked: then the code is good in that server's hands only.

    Raises QuotaExceeded when the phone got too many, SmsSendFailed where nothing sends SMS.
    """
    with connection.cursor() as cursor:
        # Whoever asks for the same phone at the same moment waits here, and is counted.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, phone])
    recent = OneTimeCode.objects.filter(phone=phone, created_at__gt=at - LONGEST_WINDOW)
    sent = list(recent.order_by("-created_at").values_list("created_at", flat=True))
    wait = wait_for_next(sent, at)
    if wait:
        raise QuotaExceeded(retry_after=wait, violated_policies=["one-time-codes"])
    code = new_code()
    kept = OneTimeCode.objects.create(
        phone=phone,
        purpose=purpose,
        partner=partner,
        digest=digest_of(code, phone=phone, purpose=purpose),
        created_at=at,
        expires_at=at + LIFETIME,
    )
    queue_sms(
        partner=brand,
        phone=phone,
        text=_text(code, purpose, brand, language),
        purpose=SmsPurpose.OTP,
        at=at,
        template=f"otp_{purpose}",
    )
    return kept


def _text(code: str, purpose: str, brand: Partner | None, language: str) -> str:
    own = find_sms_text(partner=brand, code=f"otp_{purpose}", language=language)
    with translation.override(language):
        name = "Loyalty" if brand is None else brand.name[:40]
        if own is not None:
            return fill(own, {"name": name, "code": code})
        if purpose == OtpPurpose.LOGIN:
            return _("{name}: your log-in code is {code}. Tell it to nobody.").format(name=name, code=code)
        if purpose == OtpPurpose.REGISTER:
            return _("{name}: your registration code is {code}. Tell it to nobody.").format(name=name, code=code)
        return _("{name}: your confirmation code is {code}. Tell it to nobody.").format(name=name, code=code)


def prove_code(*, phone: str, purpose: str, code: str, at: datetime, partner: Partner | None = None) -> OneTimeCode:
    """The newest code of this phone and purpose, if `code` is it. Raises OtpInvalid, OtpExpired or OtpMaxAttempts.

    A code that a partner's server asked for counts only where its credentials come along (`partner`): whoever reads the
    code in that partner's form cannot use it in the person's own name. It is still to be used: `use_code`, in the
    transaction of what it is used for.
    """
    mine = Q(partner=None) if partner is None else Q(partner=None) | Q(partner=partner)
    kept = OneTimeCode.objects.filter(mine, phone=phone, purpose=purpose).order_by("-created_at", "-pk").first()
    if kept is None or kept.used_at is not None:
        raise OtpInvalid
    if kept.expires_at <= at:
        raise OtpExpired
    with transaction.atomic():
        spent = OneTimeCode.objects.filter(pk=kept.pk, tries__lt=TRIES).update(tries=F("tries") + 1)
    if not spent:
        raise OtpMaxAttempts
    if not is_code(code, bytes(kept.digest), phone=phone, purpose=purpose):
        raise OtpInvalid
    return kept


@transaction.atomic
def use_code(*, proven: OneTimeCode, at: datetime) -> None:
    """Use a proven code up. Raises OtpInvalid for whoever comes second."""
    if not OneTimeCode.objects.filter(pk=proven.pk, used_at=None).update(used_at=at):
        raise OtpInvalid


def verify_code(*, phone: str, code: str, partner: Partner | None, at: datetime) -> None:
    """Prove and use up a code that was asked for to verify a phone, and nothing more."""
    use_code(proven=prove_code(phone=phone, purpose=OtpPurpose.VERIFY, code=code, partner=partner, at=at), at=at)


def forget_codes(*, at: datetime) -> int:
    """Delete codes that no limit looks back to any more; how many."""
    return OneTimeCode.objects.filter(created_at__lte=at - LONGEST_WINDOW).delete()[0]
