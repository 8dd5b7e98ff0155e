"""At most twenty wrong coupon codes an hour from one key at one shop (promise D8), and none while nobody counts.

The caller is known, so this is the limiter of known principals. Nearly every scan is right, and nearly no till has ever
been wrong: that nobody guessed wrong here is remembered for one second, while Redis answers, so that such a scan does
not ask it a second time. The first wrong code ends it (ADR 21).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import WrongCouponCode
from loyalty.errors import QuotaExceeded
from loyalty.limits.limiter import Limits, default_limiter

WRONG = Limits(per_hour=20, per_minute=20)
REMEMBERED_SECONDS = 1.0
REMEMBERED_TILLS = 4_096

_spotless: dict[str, float] = {}


@contextmanager
def guarded_code(*, credential_id: int, shop_id: int | None) -> Iterator[None]:
    """Around a look at a code. Raises QuotaExceeded or LimiterUnavailable before it; a wrong one is counted."""
    principal = f"coupon-guess:{credential_id}:{shop_id or 0}"
    remembered = time.monotonic() - _spotless.get(principal, -REMEMBERED_SECONDS) < REMEMBERED_SECONDS
    if not remembered or default_limiter().breaker.is_open:
        _ask(principal)
    try:
        yield
    except WrongCouponCode:
        _spotless.pop(principal, None)
        default_limiter().check(principal, WRONG, fail_closed=True)
        raise


def _ask(principal: str) -> None:
    left = default_limiter().check(principal, WRONG, fail_closed=True, cost=0)
    if not left.allowed:
        raise QuotaExceeded(retry_after=left.retry_after, violated_policies=["coupon-guess"])
    if left.remaining == left.limit:
        if len(_spotless) >= REMEMBERED_TILLS:
            _spotless.clear()
        _spotless[principal] = time.monotonic()
    else:
        _spotless.pop(principal, None)
