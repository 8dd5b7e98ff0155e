"""Guards for calls that nobody has logged in for: log-in, one-time codes, coupon guesses (django-ratelimit inside).

Its windows are fixed, which is enough against guessing. It has no answer to a Redis that is away (either setting of
RATELIMIT_FAIL_OPEN raises through the view), nor to proxies: both are settled here, and its `header:` keys, which let
a caller choose the own bucket, cannot be reached.
"""

import time
from math import ceil
from typing import NamedTuple

from django.http import HttpRequest
from django_ratelimit.core import get_usage
from redis.exceptions import RedisError

from loyalty.errors import LimiterUnavailable, QuotaExceeded
from loyalty.limits.address import address_bucket, client_address
from loyalty.limits.limiter import default_limiter


class Verdict(NamedTuple):
    """Whether an anonymous call may go on, with the seconds after which it may if not."""

    allowed: bool
    limit: int
    remaining: int
    reset_at: int
    retry_after: int


def guard(request: HttpRequest, *, group: str, rate: str, key: str | None = None, is_counted: bool = True) -> Verdict:
    """Count one call of `group` at `rate` (such as "5/15m"), by the caller's address or by `key` (an e-mail, a phone).

    Not counted, it says whether a further call would be admitted. Raises LimiterUnavailable while Redis is away.
    """
    value = f"address:{address_bucket(client_address(request))}" if key is None else f"key:{key.strip().casefold()}"
    breaker = default_limiter().breaker
    unavailable = LimiterUnavailable(retry_after=ceil(breaker.rest))
    if breaker.is_open:
        raise unavailable
    try:
        usage = get_usage(request, group=group, key=lambda _group, _request: value, rate=rate, increment=is_counted)
    except (RedisError, OSError) as error:
        breaker.failed(type(error).__name__)
        raise unavailable from error
    breaker.succeeded()
    if usage is None or usage["time_left"] < 0:
        raise unavailable
    # The window still holds in its last second.
    wait = usage["time_left"] + 1
    refused = usage["should_limit"] or (not is_counted and usage["count"] >= usage["limit"])
    remaining = max(0, usage["limit"] - usage["count"])
    return Verdict(not refused, usage["limit"], remaining, int(time.time()) + wait, wait if refused else 0)


def require(request: HttpRequest, *, group: str, rate: str, key: str | None = None, is_counted: bool = True) -> None:
    """`guard` that raises QuotaExceeded when there were too many."""
    verdict = guard(request, group=group, rate=rate, key=key, is_counted=is_counted)
    if not verdict.allowed:
        raise QuotaExceeded(retry_after=verdict.retry_after, violated_policies=[group])
