"""From Redis to the sockets: one subscription a channel, shared by its sockets and given up when the last one leaves.

What a channel said last is fetched for every new listener after its subscription stands, so that nothing falls between
the two; numbers say what a listener already has. After a break in the link everything is fetched again.
"""

import asyncio
from contextlib import suppress
from logging import getLogger
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from loyalty.realtime.channels import place, unseal
from loyalty.realtime.sockets import Socket

logger = getLogger("loyalty.realtime")

BATCH = 200
PULSE = 10.0
SILENCE = 30.0
PAUSES = (0.1, 0.5, 1.0, 2.0)


class Channel:
    """A channel somebody listens on, with the number of the last event that each socket has."""

    __slots__ = ("listeners", "name", "place")

    def __init__(self, name: str) -> None:
        self.name, self.place = name, place(name)
        self.listeners: dict[Socket, int] = {}

    def tell(self, number: int, sealed: bytes) -> None:
        """Pass an event on to whoever does not have it yet."""
        if all(number <= known for known in self.listeners.values()):
            return
        frame = unseal(self.name, sealed)
        if frame is None:
            logger.warning("realtime_unreadable")
            return
        text = frame.decode()
        for socket, known in self.listeners.items():
            if number > known:
                self.listeners[socket] = number
                socket.push(text)


class Hub:
    """The channels of this process and its two connections to Redis."""

    def __init__(self, url: str) -> None:
        # The link waits for words as long as it takes; the other connection asks and is answered.
        self._links = ConnectionPool.from_url(url, protocol=2, socket_timeout=None, socket_connect_timeout=2.0)
        self._redis = Redis.from_url(url, protocol=2, socket_timeout=2.0, socket_connect_timeout=2.0)
        self._channels: dict[str, Channel] = {}
        self._changed: set[str] = set()
        self._changes = asyncio.Event()
        self._behind: set[str] = set()
        self._lag = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_linked = False

    # --- The sockets' side

    def join(self, socket: Socket, channel: str) -> None:
        """From now on `socket` is told what is said on `channel`, beginning with what was said last."""
        key = place(channel)
        found = self._channels.get(key)
        if found is None:
            found = self._channels[key] = Channel(channel)
            self._change(key)
        found.listeners[socket] = 0
        # At once, for a subscription that stands already; and again when a new one does (`_heard`).
        self._fall_behind(key)

    def leave(self, socket: Socket, channel: str) -> None:
        key = place(channel)
        found = self._channels.get(key)
        if found is None:
            return
        found.listeners.pop(socket, None)
        if not found.listeners:
            del self._channels[key]
            self._change(key)

    @property
    def channel_count(self) -> int:
        return len(self._channels)

    def _change(self, key: str) -> None:
        self._changed.add(key)
        self._changes.set()

    def _fall_behind(self, *keys: str) -> None:
        self._behind.update(keys)
        self._lag.set()

    # --- The side of Redis

    def start(self) -> list[asyncio.Task[None]]:
        """The two tasks that work from now on; neither ends by itself."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._stay_linked()), loop.create_task(self._catch_up())]
        return self._tasks

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()
        await self._links.aclose()

    async def _stay_linked(self) -> None:
        failures = 0
        while True:
            connection = self._links.make_connection()
            try:
                await connection.connect()
                await self._listen(connection)
            except (RedisError, OSError, TimeoutError) as error:
                failures = 0 if self.is_linked else failures
                if not failures:
                    logger.warning("realtime_link_lost", extra={"reason": type(error).__name__})
            finally:
                self.is_linked = False
                with suppress(RedisError, OSError):
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1

    async def _listen(self, connection: AbstractConnection) -> None:
        """Subscribe to what is wanted and pass on what is said, until the link breaks."""
        self._changed.clear()
        self._changed.update(self._channels)
        self._changes.set()
        asking = asyncio.get_running_loop().create_task(self._ask(connection))
        try:
            while True:
                async with asyncio.timeout(SILENCE):
                    word = await connection.read_response()
                self._heard(word)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask(self, connection: AbstractConnection) -> None:
        """Subscribe and unsubscribe as listeners come and go; ask for a sign of life when they do not."""
        subscribed: set[str] = set()
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PULSE):
                        await self._changes.wait()
                self._changes.clear()
                changed, self._changed = self._changed, set()
                wanted = sorted(key for key in changed if key in self._channels and key not in subscribed)
                left = sorted(key for key in changed if key not in self._channels and key in subscribed)
                for word, keys in (("SUBSCRIBE", wanted), ("UNSUBSCRIBE", left)):
                    if keys:
                        await connection.send_command(word, *keys, check_health=False)
                subscribed = subscribed.union(wanted).difference(left)
                # In RESP2, PING is answered while nothing is subscribed too.
                await connection.send_command("PING", check_health=False)
        except (RedisError, OSError):
            # The reader notices the same break.
            await connection.disconnect(nowait=True)

    def _heard(self, word: Any) -> None:
        if not self.is_linked:
            self.is_linked = True
            logger.info("realtime_linked")
        if not isinstance(word, list) or len(word) < 3:
            return
        kind, key = word[0], word[1]
        if kind == b"message":
            channel = self._channels.get(key.decode())
            number, _, sealed = word[2].partition(b":")
            if channel is not None and number.isdigit():
                channel.tell(int(number), sealed)
        elif kind == b"subscribe" and key.decode() in self._channels:
            self._fall_behind(key.decode())

    async def _catch_up(self) -> None:
        """Give listeners the last state of their channels."""
        while True:
            await self._lag.wait()
            batch = list(self._behind)[:BATCH]
            self._behind.difference_update(batch)
            keys = [key for key in batch if key in self._channels]
            try:
                states = await self._states(keys)
            except (RedisError, OSError, TimeoutError):
                self._behind.update(keys)
                await asyncio.sleep(PAUSES[-1])
                continue
            for key, (number, sealed) in zip(keys, states, strict=True):
                channel = self._channels.get(key)
                if channel is not None and number is not None and sealed is not None:
                    channel.tell(int(number), sealed)
            if not self._behind:
                self._lag.clear()

    async def _states(self, keys: list[str]) -> list[list[bytes | None]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(key, ["number", "frame"])
            return await pipe.execute() if keys else []
