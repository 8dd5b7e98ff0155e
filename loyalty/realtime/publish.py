"""Telling those who listen on a channel, once it is true: after the commit, through Redis, to every realtime server.

The channel's last state stays in Redis for a while, for whoever subscribes a moment too late. Listeners are told as
soon as possible, not for certain: whoever needs certainty polls. So Redis being away never fails the caller.
"""

from collections.abc import Mapping
from functools import partial
from logging import getLogger
from typing import Any

import orjson
from django.db import transaction
from redis.exceptions import RedisError

from loyalty.api.json import dumps
from loyalty.limits.limiter import default_limiter
from loyalty.realtime.channels import is_known, place, seal

logger = getLogger("loyalty.realtime")

LARGEST_FRAME = 65_536
# Number, keep and tell in one step, so that no listener sees states in another order. The number is the clock's, and
# never goes back: a channel whose state was forgotten goes on counting upwards.
_TELL = """
local time = redis.call('TIME')
local number = math.max(time[1] * 1000000 + time[2], (tonumber(redis.call('HGET', KEYS[1], 'number')) or 0) + 1)
number = string.format('%.0f', number)
redis.call('HSET', KEYS[1], 'number', number, 'frame', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', KEYS[1], number .. ':' .. ARGV[1])
return number
"""


def publish_after_commit(channel: str, event: str, data: Mapping[str, Any], *, keep_seconds: int = 600) -> None:
    """Send `event` with `data` to the listeners of `channel` when this transaction is committed, and keep it as the
    channel's last state for `keep_seconds`. Without a transaction it goes out at once."""
    if not is_known(channel):
        raise ValueError("no such kind of channel")
    frame = envelope(channel, event, data)
    if len(frame) > LARGEST_FRAME:
        raise ValueError("too much for one event")
    transaction.on_commit(partial(_tell, channel, event, frame, keep_seconds))


def envelope(channel: str, event: str, data: Mapping[str, Any]) -> bytes:
    """One event as Pusher clients read it: `data` is a JSON text inside the JSON (contract 9.1)."""
    return orjson.dumps({"event": event, "channel": channel, "data": dumps(dict(data)).decode()})


def _tell(channel: str, event: str, frame: bytes, keep_seconds: int) -> None:
    limiter = default_limiter()
    lost = {"event_name": event, "kind": channel.partition(".")[0]}
    if limiter.breaker.is_open:
        logger.warning("realtime_not_told", extra={**lost, "reason": "redis is away"})
        return
    try:
        limiter.link.client.eval(_TELL, 1, place(channel), seal(channel, frame), keep_seconds)
    except (RedisError, OSError) as error:
        limiter.breaker.failed(type(error).__name__)
        logger.warning("realtime_not_told", extra={**lost, "reason": type(error).__name__})
    else:
        limiter.breaker.succeeded()
