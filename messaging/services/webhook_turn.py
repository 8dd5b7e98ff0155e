"""Whose turn it is to relay, and waking a relay after a commit. Both in Redis, and neither needed for correctness.

Without Redis every relay may run, and the sweep of each minute starts one.
"""

import uuid
from collections.abc import Callable
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from loyalty.limits.limiter import default_limiter
from loyalty.services.jobs import start_after_commit

TASK = "messaging.relay_webhooks"
TURN = "loyalty:webhooks:turn"
WAKE = "loyalty:webhooks:wake"
# A relay that was killed is missed after this; a wake-up that was lost is repeated.
TURN_SECONDS = 10
WAKE_SECONDS = 5
_KEEP = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
_END = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Turn:
    """One relay's turn."""

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex

    def take(self) -> bool:
        """Whether nobody else relays. Whoever wakes a relay from here on starts another."""
        _ask(lambda redis: redis.delete(WAKE))
        return self.keep()

    def keep(self) -> bool:
        """Whether it is still ours; it lapses unless it is kept."""
        return bool(_ask(lambda redis: redis.eval(_KEEP, 1, TURN, self.name, TURN_SECONDS), 1))

    def end(self) -> bool:
        """Let the next one have it; whether it was still ours."""
        return bool(_ask(lambda redis: redis.eval(_END, 1, TURN, self.name)))


def wake() -> None:
    """Have a relay look, unless one is about to. Called after a commit."""
    if _ask(lambda redis: redis.set(WAKE, 1, nx=True, ex=WAKE_SECONDS)):
        start_after_commit(TASK)


def _ask(question: Callable[[Redis], Any], without: Any = None) -> Any:
    """What Redis says; `without` where it is away, for which nobody waits twice."""
    limiter = default_limiter()
    if limiter.breaker.is_open:
        return without
    try:
        answer = question(limiter.link.client)
    except (RedisError, OSError) as error:
        limiter.breaker.failed(type(error).__name__)
        return without
    limiter.breaker.succeeded()
    return answer
