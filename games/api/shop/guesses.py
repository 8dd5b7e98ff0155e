"""At most twenty wrong coupon codes an hour from one key at one shop (promise D8), and none while nobody counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest
from django.utils.translation import gettext as _

from loyalty.errors import ResourceNotFound
from loyalty.limits.anonymous import guard, require

GROUP = "coupon-guess"
RATE = "20/h"


class WrongCodeError(Exception):
    """No coupon of this partner goes by that code."""


@contextmanager
def guarded_code(request: HttpRequest, *, credential_id: int, shop_id: int | None) -> Iterator[None]:
    """Around a look at a code. Raises QuotaExceeded or LimiterUnavailable before it, ResourceNotFound for a wrong one,
    the same whether another partner has it or nobody.
    """
    key = f"{credential_id}:{shop_id or 0}"
    require(request, group=GROUP, rate=RATE, key=key, is_counted=False)
    try:
        yield
    except WrongCodeError:
        guard(request, group=GROUP, rate=RATE, key=key)
        raise ResourceNotFound(errors={"code": [_("There is no such coupon.")]}) from None
