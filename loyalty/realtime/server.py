"""The realtime server: a process of its own that speaks the Pusher protocol, without views and without a database.

It reads the platform's settings (REDIS_URL, REALTIME_KEY, LOGGING) and starts no more of Django than that.
"""

import asyncio
import resource
import signal
import time
from contextlib import suppress
from logging import getLogger
from typing import Any

import orjson

from loyalty.realtime.frames import Head
from loyalty.realtime.hub import Hub
from loyalty.realtime.protocol import COME_BACK, OVER_CAPACITY, PING, SPEAK_EVERY, ProtocolError, require_app
from loyalty.realtime.sockets import Socket

logger = getLogger("loyalty.realtime")

MOST_SOCKETS = 5000
# A few more are let in, to be told in the protocol's own words that there is no room.
MOST_CONNECTIONS = MOST_SOCKETS + 200
BACKLOG = 1024


class Server:
    """The connections of this process."""

    def __init__(self, *, redis_url: str, key: str) -> None:
        self._key = key
        self._hub = Hub(redis_url)
        self._connections: set[Socket] = set()
        self._listener: asyncio.Server | None = None
        self._working: list[asyncio.Task[None]] = []
        self._is_stopping = False

    async def start(self, host: str, port: int) -> None:
        """Serve from now on. Raises OSError where the address cannot be used."""
        _allow_many_files()
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Socket(self), host, port, backlog=BACKLOG)
        self._working = [*self._hub.start(), loop.create_task(self._tend())]

    async def stop(self, *, seconds: float = 3.0) -> None:
        """Send every client away, to come back at once to our successor; then end."""
        self._is_stopping = True
        if self._listener is not None:
            self._listener.close()
        for socket in list(self._connections):
            socket.end(COME_BACK, "This server is stopping.")
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._connections:
                    await asyncio.sleep(0.02)
        for task in self._working:
            task.cancel()
        await self._hub.stop()

    async def run(self, host: str, port: int) -> bool:
        """Serve until SIGTERM or SIGINT; False when something broke inside, so that whoever watches starts it anew."""
        wanted = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, wanted.set)
        await self.start(host, port)
        asked = loop.create_task(wanted.wait())
        done, _pending = await asyncio.wait({asked, *self._working}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {asked}:
            logger.error("realtime_broken", exc_info=task.exception())
        await self.stop()
        return asked in done

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            for socket in list(self._connections):
                socket.tend(now, PING, SPEAK_EVERY)

    # --- What a connection asks (sockets.House)

    def opened(self, socket: Socket) -> bool:
        self._connections.add(socket)
        return len(self._connections) <= MOST_CONNECTIONS and not self._is_stopping

    def closed(self, socket: Socket) -> None:
        self._connections.discard(socket)

    def greet(self, head: Head) -> None:
        require_app(head.path, head.query, self._key)
        if len(self._connections) > MOST_SOCKETS:
            raise ProtocolError(OVER_CAPACITY, "Too many sockets are open here.", closes=OVER_CAPACITY)

    def join(self, socket: Socket, channel: str) -> None:
        self._hub.join(socket, channel)

    def leave(self, socket: Socket, channel: str) -> None:
        self._hub.leave(socket, channel)

    def page(self, head: Head) -> bytes:
        """`/health` says whether Redis is linked; without it clients are served, and told as soon as it is back."""
        if head.path != "/health":
            answer = {"success": False, "code": "ENDPOINT_NOT_FOUND", "message": "There are only WebSockets here."}
            return _page("404 Not Found", head, answer)
        if head.method not in {"GET", "HEAD"}:
            answer = {"success": False, "code": "METHOD_NOT_ALLOWED", "message": "Only GET is allowed here."}
            return _page("405 Method Not Allowed", head, answer)
        state = "ok" if self._hub.is_linked else "degraded"
        counts = {
            "sockets": sum(one.is_open for one in self._connections),
            "channels": self._hub.channel_count,
            "subscriptions": sum(len(one.channels) for one in self._connections),
        }
        return _page("200 OK", head, {"success": True, "code": 200, "data": {"status": state, **counts}})


def _page(status: str, head: Head, answer: dict[str, Any]) -> bytes:
    body = orjson.dumps(answer)
    lines = (
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if head.method == "HEAD" else body)


def _allow_many_files() -> None:
    """Every socket is an open file, and the usual limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
