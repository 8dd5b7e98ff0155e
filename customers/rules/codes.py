"""One-time codes: how they are made, kept and limited (decision 14, promise D5)."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

DIGITS = 6
TRIES = 3
LIFETIME = timedelta(minutes=5)
# How many codes a phone gets within a time. Three tries each make at most 48 guesses a day: 5 in 100,000 of a hit.
WINDOWS = ((3, timedelta(minutes=5)), (5, timedelta(hours=1)), (16, timedelta(hours=24)))
LONGEST_WINDOW = timedelta(hours=24)


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def digest_of(code: str, *, phone: str, purpose: str) -> bytes:
    """What is kept of a code: a guess at it needs the server's key, and it fits no other phone or purpose."""
    return salted_hmac("customers.one_time_code", f"{purpose}:{phone}:{code}", algorithm="sha256").digest()


def is_code(code: str, digest: bytes, *, phone: str, purpose: str) -> bool:
    """Whether `code` is the one that was kept, in a time that tells nothing."""
    return constant_time_compare(digest_of(code, phone=phone, purpose=purpose), digest)


def wait_for_next(sent: Sequence[datetime], at: datetime) -> int:
    """Seconds until a phone that got codes at `sent` (newest first) may get another; 0: now."""
    waits = [sent[most - 1] + window - at for most, window in WINDOWS if len(sent) >= most]
    longest = max(waits, default=timedelta(0))
    return max(0, -(-longest // timedelta(seconds=1)))
