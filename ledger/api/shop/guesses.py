"""At most twenty wrong coupon codes an hour from one key at one shop (promise D8), and none while nobody counts.

The caller is known, so this is the limiter of known principals: it looks in one round trip, which every scan waits for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import WrongCouponCode
from loyalty.errors import QuotaExceeded
from loyalty.limits.limiter import Limits, default_limiter

WRONG = Limits(per_hour=20, per_minute=20)


@contextmanager
def guarded_code(*, credential_id: int, shop_id: int | None) -> Iterator[None]:
    """Around a look at a code. Raises QuotaExceeded or LimiterUnavailable before it; a wrong one is counted."""
    principal = f"coupon-guess:{credential_id}:{shop_id or 0}"
    left = default_limiter().check(principal, WRONG, fail_closed=True, cost=0)
    if not left.allowed:
        raise QuotaExceeded(retry_after=left.retry_after, violated_policies=["coupon-guess"])
    try:
        yield
    except WrongCouponCode:
        default_limiter().check(principal, WRONG, fail_closed=True)
        raise
