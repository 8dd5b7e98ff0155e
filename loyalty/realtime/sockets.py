"""One client's connection: no task and no buffer of its own, so that thousands of idle ones cost little."""

import asyncio
import time
from typing import Protocol

from loyalty.realtime import frames
from loyalty.realtime.protocol import (
    LARGEST_CLIENT_FRAME,
    OVER_CAPACITY,
    PONG,
    ProtocolError,
    Said,
    established,
    refused,
    subscribed,
    understand,
)

CHANNELS_EACH = 50
# Frames that a client may send in a burst, and how many a second after it.
BURST = 60.0
RATE = 5.0
# Bytes that may wait for a client that does not read, and seconds in which it must begin to.
LONGEST_LINE = 262_144
PATIENCE = 10.0
# Seconds for sending the request, and for answering our close frame.
HASTE = 10.0
FAREWELL = 2.0


class House(Protocol):
    """Whom a connection belongs to."""

    def greet(self, head: frames.Head) -> None:
        """Raise ProtocolError unless the socket may stay."""

    def page(self, head: frames.Head) -> bytes:
        """The whole answer to an ordinary HTTP request."""

    def join(self, socket: "Socket", channel: str) -> None: ...

    def leave(self, socket: "Socket", channel: str) -> None: ...

    def opened(self, socket: "Socket") -> bool:
        """Whether there is room for one more connection."""

    def closed(self, socket: "Socket") -> None: ...


class Socket(asyncio.Protocol):
    """A connection, a WebSocket from its handshake on."""

    __slots__ = (
        "_allowance",
        "_counted_at",
        "_head",
        "_house",
        "_reader",
        "_transport",
        "channels",
        "closes_at",
        "is_open",
        "since",
        "spoke_at",
        "stuck_at",
    )

    def __init__(self, house: House) -> None:
        self._house = house
        self._transport: asyncio.Transport | None = None
        self._head: bytes | None = b""
        self._reader = frames.Reader(LARGEST_CLIENT_FRAME)
        self._allowance = BURST
        self.since = self.spoke_at = self._counted_at = time.monotonic()
        self.is_open = False
        self.closes_at: float | None = None
        self.stuck_at: float | None = None
        self.channels: set[str] = set()

    # --- What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._house.opened(self):
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        for channel in self.channels:
            self._house.leave(self, channel)
        self.channels.clear()
        self._house.closed(self)
        self._transport = None

    def pause_writing(self) -> None:
        self.stuck_at = time.monotonic()

    def resume_writing(self) -> None:
        self.stuck_at = None

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            data = self._read_head(self._head + data)
        if self.is_open and data:
            self._read_frames(data)

    # --- Talking to the client

    def push(self, text: str) -> None:
        """Send a frame. A client that does not read is let go rather than waited for."""
        if not self.is_open or self._transport is None:
            return
        self.spoke_at = time.monotonic()
        self._transport.write(frames.build(frames.TEXT, text.encode()))
        if self._transport.get_write_buffer_size() > LONGEST_LINE:
            self._transport.abort()

    def end(self, code: int, reason: str) -> None:
        """Send the close frame and take nothing more; `tend` cuts off who does not answer it."""
        if not self.is_open or self._transport is None:
            return
        self.is_open = False
        self.closes_at = time.monotonic() + FAREWELL
        self._transport.write(frames.build_close(code, reason))
        # The client closes; where it does not, our side is closed for it after the farewell.
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def tend(self, now: float, ping: str, ping_every: float) -> None:
        """Called every second: let nobody be silent, slow or stuck for too long."""
        if self._transport is None:
            return
        is_late = self._head is not None and now - self.since > HASTE
        is_gone = self.closes_at is not None and now >= self.closes_at
        is_stuck = self.stuck_at is not None and now - self.stuck_at > PATIENCE
        if is_late or is_gone or is_stuck:
            self._transport.abort()
        elif self.is_open and now - self.spoke_at >= ping_every:
            self.push(ping)

    # --- Hearing the client

    def _read_head(self, raw: bytes) -> bytes:
        """Answer the request once it is whole; what came behind it."""
        end = raw.find(b"\r\n\r\n")
        if end < 0 and len(raw) <= frames.LARGEST_HEAD:
            self._head = raw
            return b""
        self._head = None
        try:
            if end < 0 or end > frames.LARGEST_HEAD:
                raise ValueError("too much")
            self._greet(frames.read_head(raw[:end]))
        except ValueError:
            self._finish(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return raw[end + 4 :]

    def _greet(self, head: frames.Head) -> None:
        assert self._transport is not None
        if not head.wants_websocket:
            self._finish(self._house.page(head))
            return
        if head.headers.get("sec-websocket-version") != "13":
            self._finish(
                b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n"
                b"Connection: close\r\n\r\n"
            )
            return
        self._transport.write(frames.accept(head))
        self.is_open = True
        try:
            self._house.greet(head)
        except ProtocolError as error:
            self._refuse(error)
        else:
            self.push(established())

    def _finish(self, answer: bytes) -> None:
        assert self._transport is not None
        self._transport.write(answer)
        self._transport.close()

    def _read_frames(self, data: bytes) -> None:
        try:
            for opcode, payload in self._reader.feed(data):
                self._hear(opcode, payload)
                if not self.is_open:
                    return
        except frames.FrameError as error:
            self.end(error.code, error.reason)
        except ProtocolError as error:
            self._refuse(error)

    def _hear(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        self._count()
        if opcode == frames.TEXT:
            try:
                self._answer(understand(payload))
            except ProtocolError as error:
                self._refuse(error)
        elif opcode == frames.BINARY:
            self._refuse(ProtocolError(None, "Binary frames are not understood here.", closes=1003))
        elif opcode == frames.PING:
            self._transport.write(frames.build(frames.PONG, payload))
        elif opcode == frames.CLOSE:
            self.end(frames.close_code(payload), "")

    def _refuse(self, error: ProtocolError) -> None:
        self.push(refused(error))
        if error.closes is not None:
            self.end(error.closes, error.message)

    def _count(self) -> None:
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._counted_at) * RATE) - 1
        self._counted_at = now
        if self._allowance < 0:
            raise ProtocolError(OVER_CAPACITY, "You send too much.", closes=OVER_CAPACITY)

    def _answer(self, said: Said) -> None:
        if said.event == "pusher:ping":
            self.push(PONG)
        elif said.event == "pusher:subscribe":
            if said.channel not in self.channels and len(self.channels) >= CHANNELS_EACH:
                raise ProtocolError(OVER_CAPACITY, f"A socket may listen on {CHANNELS_EACH} channels.")
            self.channels.add(said.channel)
            self.push(subscribed(said.channel))
            self._house.join(self, said.channel)
        elif said.event == "pusher:unsubscribe" and said.channel in self.channels:
            self.channels.discard(said.channel)
            self._house.leave(self, said.channel)
