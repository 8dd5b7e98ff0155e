"""The rate limits of known principals: an hour and a minute, exact across processes, in one round trip to Redis."""

import hashlib
import time
from functools import cache, lru_cache
from math import ceil
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from redis.exceptions import RedisError

from loyalty.errors import LimiterUnavailable, QuotaExceeded
from loyalty.limits.breaker import Breaker
from loyalty.limits.connection import Link, ScriptMissingError, UnreachableError, pack
from loyalty.limits.local import LocalLimiter

EXACT_UP_TO = 1000
WATCH_LIFETIME = 30 * 86_400
_SCRIPT = (Path(__file__).parent / "limiter.lua").read_text()
_SHA = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
# The counter never goes back, not even when Redis lost its data: a stale copy of it must not look fresh again.
_BUMP = """
local time = redis.call('TIME')
local value = math.max(time[1] * 1000000 + time[2], (tonumber(redis.call('GET', KEYS[1])) or 0) + 1)
value = string.format('%.0f', value)
redis.call('SET', KEYS[1], value, 'EX', ARGV[1])
return value
"""


class Limits(NamedTuple):
    """How many calls a principal may make."""

    per_hour: int
    per_minute: int


class Decision(NamedTuple):
    """Whether a call is admitted and what is left after it; `limit`, `remaining` and `reset_*` speak of the hour."""

    allowed: bool
    limit: int
    remaining: int
    reset_at: int
    reset_after: int
    minute_limit: int
    minute_remaining: int
    minute_reset_after: int
    retry_after: int
    generation: int | None = None
    degraded: bool = False


class Limiter:
    """The limits kept in one Redis, with the limiter of this process to fall back on."""

    def __init__(self, url: str, *, breaker: Breaker | None = None) -> None:
        self.link = Link(url)
        self.breaker = breaker or Breaker()
        self.local = LocalLimiter()

    def check(
        self,
        principal: str,
        limits: Limits,
        *,
        watch: str | None = None,
        fail_closed: bool = False,
        cost: int = 1,
        now: float | None = None,
    ) -> Decision:
        """Count one call if both windows have room for it. Never raises, except LimiterUnavailable on `fail_closed`."""
        if not self.breaker.is_open:
            try:
                words = self._ask(principal, limits, cost, watch, now)
            except UnreachableError as error:
                self.breaker.failed(str(error))
            else:
                self.breaker.succeeded()
                per_hour, per_minute = limits
                return Decision(
                    words[1] == b"1",
                    per_hour,
                    int(words[2]),
                    int(words[3]),
                    int(words[4]),
                    per_minute,
                    int(words[5]),
                    int(words[6]),
                    int(words[7]),
                    None if watch is None else int(words[8]),
                )
        if fail_closed:
            raise LimiterUnavailable(retry_after=ceil(self.breaker.rest))
        return self._without_redis(principal, limits, cost, time.time() if now is None else now)

    def peek(self, principal: str, limits: Limits, *, now: float | None = None) -> Decision:
        """What is left, without counting a call."""
        return self.check(principal, limits, cost=0, now=now)

    def bump(self, watch: str) -> int | None:
        """Give the watched counter a value it never had; None when Redis is away."""
        if self.breaker.is_open:
            return None
        try:
            value = int(self.link.client.eval(_BUMP, 1, watch_key(watch), WATCH_LIFETIME))
        except (RedisError, OSError) as error:
            self.breaker.failed(type(error).__name__)
            return None
        self.breaker.succeeded()
        return value

    def require_available(self) -> None:
        """Raise LimiterUnavailable unless Redis answers: log-in, one-time codes and coupon checks fail closed."""
        if not self.breaker.is_open:
            try:
                self.link.client.ping()
            except (RedisError, OSError) as error:
                self.breaker.failed(type(error).__name__)
            else:
                self.breaker.succeeded()
                return
        raise LimiterUnavailable(retry_after=ceil(self.breaker.rest))

    def _ask(self, principal: str, limits: Limits, cost: int, watch: str | None, now: float | None) -> list[bytes]:
        if now is None:
            request = _request(principal, limits, cost, watch)
        else:
            request = pack("EVALSHA", _SHA, *_arguments(principal, limits, cost, watch, f"{now * 1_000_000:.0f}"))
        try:
            return self.link.ask(request)
        except ScriptMissingError:
            moment = "" if now is None else f"{now * 1_000_000:.0f}"
            return self.link.ask(pack("EVAL", _SCRIPT, *_arguments(principal, limits, cost, watch, moment)))

    def _without_redis(self, principal: str, limits: Limits, cost: int, now: float) -> Decision:
        allowed, hour, minute = self.local.check(principal, limits.per_hour, limits.per_minute, cost=cost, now=now)
        hour_free, minute_free = hour.free_at(limits.per_hour, now), minute.free_at(limits.per_minute, now)
        wait = 0
        if not allowed:
            full_hour, full_minute = hour.total >= limits.per_hour, minute.total >= limits.per_minute
            wait = max(1, ceil(max(full_hour * (hour_free - now), full_minute * (minute_free - now))))
        return Decision(
            allowed,
            limits.per_hour,
            max(0, limits.per_hour - hour.total),
            ceil(hour_free),
            ceil(hour_free - now),
            limits.per_minute,
            max(0, limits.per_minute - minute.total),
            ceil(minute_free - now),
            wait,
            degraded=True,
        )


def watch_key(watch: str) -> str:
    """The key of a counter that `check` can answer along."""
    return f"rl:{{{watch}}}:g"


def _arguments(principal: str, limits: Limits, cost: int, watch: str | None, moment: str) -> list[str | int]:
    exact = limits.per_minute <= EXACT_UP_TO
    keys = [f"rl:{{{principal}}}:h", f"rl:{{{principal}}}:{'m' if exact else 's'}"]
    if watch is not None:
        keys.append(watch_key(watch))
    return [len(keys), *keys, limits.per_hour, limits.per_minute, "log" if exact else "buckets", cost, moment]


@lru_cache(maxsize=4096)
def _request(principal: str, limits: Limits, cost: int, watch: str | None) -> bytes:
    """The same principal sends the same bytes: the moment comes from the server's clock."""
    return pack("EVALSHA", _SHA, *_arguments(principal, limits, cost, watch, ""))


@cache
def default_limiter() -> Limiter:
    """The limiter on settings.REDIS_URL, one per process."""
    return Limiter(settings.REDIS_URL)


def check(principal: str, limits: Limits, *, watch: str | None = None, fail_closed: bool = False) -> Decision:
    """Count one call of `principal` if its hour and its minute have room (`Limiter.check`)."""
    return default_limiter().check(principal, limits, watch=watch, fail_closed=fail_closed)


def peek(principal: str, limits: Limits) -> Decision:
    """What `principal` has left, without counting a call."""
    return default_limiter().peek(principal, limits)


def bump(watch: str) -> int | None:
    """Tell every process that what it remembers under `watch` is out of date (`Decision.generation` changes)."""
    return default_limiter().bump(watch)


def require_available() -> None:
    """Raise LimiterUnavailable unless Redis answers."""
    default_limiter().require_available()


def header_map(decision: Decision) -> dict[str, str]:
    """What every answer says about limits: X-RateLimit-* the hour, RateLimit* (IETF draft) both windows."""
    headers = {
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(decision.remaining),
        "X-RateLimit-Reset": str(decision.reset_at),
        "RateLimit-Policy": _policy(decision.limit, decision.minute_limit),
    }
    if decision.allowed:
        headers["RateLimit"] = (
            f'"hour";r={decision.remaining};t={decision.reset_after}, '
            f'"burst";r={decision.minute_remaining};t={decision.minute_reset_after}'
        )
        return headers
    # Only a window that refuses says when: Retry-After must never be earlier than any t beside it.
    hour = f";t={decision.reset_after}" if decision.remaining == 0 else ""
    burst = f";t={decision.minute_reset_after}" if decision.minute_remaining == 0 else ""
    headers["RateLimit"] = f'"hour";r={decision.remaining}{hour}, "burst";r={decision.minute_remaining}{burst}'
    headers["Retry-After"] = str(decision.retry_after)
    return headers


def refusal(decision: Decision) -> QuotaExceeded:
    """The error to raise for a call that was not admitted."""
    windows = (("hour", decision.remaining), ("burst", decision.minute_remaining))
    return QuotaExceeded(
        retry_after=decision.retry_after,
        violated_policies=[name for name, remaining in windows if remaining == 0],
        headers=header_map(decision),
    )


@lru_cache(maxsize=1024)
def _policy(per_hour: int, per_minute: int) -> str:
    return f'"hour";q={per_hour};w=3600, "burst";q={per_minute};w=60'
