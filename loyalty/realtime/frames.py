"""WebSocket (RFC 6455) as bytes: the handshake, and frames in and out. Nothing here waits or knows of sockets.

Written by hand because of memory: what granian holds for an open WebSocket is 150 kB, of which we need four (ADR 13).
What a client may send is small, so its frames are judged by their headers, before anything is held for them.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_HEAD = 8192
_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FIN, _RESERVED, _OPCODE, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F
LARGEST_CONTROL = 125

NORMAL, PROTOCOL_ERROR, NOT_TEXT, TOO_LARGE = 1000, 1002, 1007, 1009
_NOT_SENDABLE = frozenset({1004, 1005, 1006, 1015})


class FrameError(Exception):
    """What the client sent is no WebSocket, or more than we take; the socket closes with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an HTTP request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    @property
    def wants_websocket(self) -> bool:
        upgrade = self.headers.get("upgrade", "").lower().split(",")
        connection = self.headers.get("connection", "").lower().split(",")
        return "websocket" in map(str.strip, upgrade) and "upgrade" in map(str.strip, connection)


def read_head(raw: bytes) -> Head:
    """The request in `raw`, which ends with its empty line. Raises ValueError."""
    lines = raw.decode("latin-1").split("\r\n")
    method, target, version = lines[0].split(" ")
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not target.startswith("/"):
        raise ValueError("not HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if not line:
            continue
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise ValueError("not a header")
        key, value = name.lower(), value.strip()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    path, _, query = target.partition("?")
    return Head(method, path, query, headers)


def accept(head: Head) -> bytes:
    """The answer that turns the connection into a WebSocket. Raises ValueError."""
    key = head.headers.get("sec-websocket-key", "")
    try:
        nonce = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError("bad key") from error
    if head.method != "GET" or len(nonce) != 16:
        raise ValueError("bad handshake")
    proof = base64.b64encode(hashlib.sha1(key.encode() + _ACCEPT, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
    )


def build(opcode: int, payload: bytes) -> bytes:
    """One whole frame as a server sends it: unmasked."""
    size = len(payload)
    if size <= LARGEST_CONTROL:
        return bytes((_FIN | opcode, size)) + payload
    if size < 65_536:
        return bytes((_FIN | opcode, 126)) + size.to_bytes(2) + payload
    return bytes((_FIN | opcode, 127)) + size.to_bytes(8) + payload


def build_close(code: int, reason: str) -> bytes:
    return build(CLOSE, code.to_bytes(2) + reason.encode()[: LARGEST_CONTROL - 2])


def close_code(payload: bytes) -> int:
    """The code of a client's close frame, to be sent back. Raises FrameError."""
    if not payload:
        return NORMAL
    code = int.from_bytes(payload[:2]) if len(payload) >= 2 else 0
    if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in _NOT_SENDABLE:
        raise FrameError(PROTOCOL_ERROR, "no such close code")
    _text(payload[2:])
    return code


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise FrameError(NOT_TEXT, "not UTF-8") from error


@dataclass(slots=True)
class Reader:
    """Puts a client's bytes together to messages of at most `limit` bytes."""

    limit: int
    _held: bytes = b""
    _parts: bytearray = field(default_factory=bytearray)
    _opcode: int | None = None

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Whole messages and control frames as (opcode, payload). Raises FrameError."""
        self._held = self._held + data if self._held else data
        while (found := self._frame()) is not None:
            final, opcode, payload = found
            if opcode >= CLOSE:
                yield opcode, payload
                continue
            self._parts += payload
            if opcode != CONTINUATION:
                self._opcode = opcode
            if final:
                whole, kind = bytes(self._parts), self._opcode
                self._parts, self._opcode = bytearray(), None
                assert kind is not None
                if kind == TEXT:
                    _text(whole)
                yield kind, whole

    def _frame(self) -> tuple[bool, int, bytes] | None:
        """The next whole frame, or None until more has come."""
        held = self._held
        if len(held) < 2:
            return None
        first, second = held[0], held[1]
        size, start = second & _LENGTH, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(held) < start:
                # Judged without its exact length: it is too large for a control frame in any case.
                self._judge(first, second, LARGEST_CONTROL + 1)
                return None
            size = int.from_bytes(held[2:start])
        self._judge(first, second, size)
        end = start + 4 + size
        if len(held) < end:
            return None
        mask, payload = held[start : start + 4], held[start + 4 : end]
        self._held = held[end:]
        return bool(first & _FIN), first & _OPCODE, unmask(payload, mask)

    def _judge(self, first: int, second: int, size: int) -> None:
        opcode, final = first & _OPCODE, first & _FIN
        if first & _RESERVED or not second & _MASKED or opcode not in {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG}:
            raise FrameError(PROTOCOL_ERROR, "not a client's frame")
        if opcode >= CLOSE:
            if size > LARGEST_CONTROL or not final:
                raise FrameError(PROTOCOL_ERROR, "a control frame is short and whole")
        elif (opcode == CONTINUATION) == (self._opcode is None):
            raise FrameError(PROTOCOL_ERROR, "out of turn")
        elif len(self._parts) + size > self.limit:
            raise FrameError(TOO_LARGE, "too large")


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Client frames are XORed with four bytes of their own."""
    size = len(payload)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(pattern)).to_bytes(size)
