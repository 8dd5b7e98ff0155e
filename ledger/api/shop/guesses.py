"""At most twenty wrong coupon codes an hour from one key at one shop (promise D8), and none while nobody counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from ledger.errors import WrongCouponCode
from loyalty.limits.anonymous import guard, require

GROUP = "coupon-guess"
RATE = "20/h"


@contextmanager
def guarded_code(request: HttpRequest, *, credential_id: int, shop_id: int | None) -> Iterator[None]:
    """Around a look at a code. Raises QuotaExceeded or LimiterUnavailable before it; a wrong one is counted."""
    key = f"{credential_id}:{shop_id or 0}"
    require(request, group=GROUP, rate=RATE, key=key, is_counted=False)
    try:
        yield
    except WrongCouponCode:
        guard(request, group=GROUP, rate=RATE, key=key)
        raise
