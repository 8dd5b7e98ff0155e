"""A load of keep-alive HTTP clients in one process: raw sockets and epoll, so that it costs little of the machine.

Each client sends its next request as soon as it has the answer to the last one.
"""

import gc
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"


class UnexpectedAnswerError(Exception):
    """The server answered something else than success: there is nothing to measure."""


@dataclass
class Load:
    """What a load took: seconds of each answer in the order in which they arrived."""

    seconds: float
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(slots=True)
class _Client:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json", "User-Agent: benchmarks"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + HEAD_END + body


def drive(
    address: tuple[str, int],
    make: Callable[[int], bytes],
    *,
    clients: int = 16,
    seconds: float = 3600,
    count: int | None = None,
) -> Load:
    """Send `make(0)`, `make(1)` … for so long, or so many. Raises UnexpectedAnswerError."""
    poll = select.epoll()
    crowd: dict[int, _Client] = {}
    for _ in range(clients):
        opened = socket.create_connection(address, timeout=30)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        crowd[opened.fileno()] = _Client(opened)
        poll.register(opened.fileno(), select.EPOLLIN)
    gc.collect()
    gc.disable()
    try:
        return _drive(poll, crowd, make, seconds, count)
    finally:
        gc.enable()
        poll.close()
        for client in crowd.values():
            client.socket.close()


def _drive(
    poll: select.epoll, crowd: dict[int, _Client], make: Callable[[int], bytes], seconds: float, count: int | None
) -> Load:
    clock, load, sent = time.perf_counter, Load(0.0), 0
    most = float("inf") if count is None else count
    begun = clock()
    for client in crowd.values():
        client.sent_at = clock()
        client.socket.sendall(make(sent))
        sent += 1
    busy = len(crowd)
    while busy:
        ready = poll.poll(30)
        if not ready:
            raise UnexpectedAnswerError("no answer for 30 seconds")
        for number, _event in ready:
            client = crowd[number]
            received = client.received + client.socket.recv(262_144)
            if not _is_complete(received):
                client.received = received
                continue
            now = clock()
            if not received.startswith(b"HTTP/1.1 2"):
                raise UnexpectedAnswerError(received[:2000].decode(errors="replace"))
            load.latencies.append(now - client.sent_at)
            client.received = b""
            if sent < most and now - begun < seconds:
                following = make(sent)
                sent += 1
                client.sent_at = clock()
                client.socket.sendall(following)
            else:
                busy -= 1
    load.seconds = clock() - begun
    return load


def _is_complete(received: bytes) -> bool:
    if not received:
        raise UnexpectedAnswerError("the server closed the connection")
    end = received.find(HEAD_END)
    if end < 0:
        return False
    head = received[:end].lower()
    at = head.find(b"content-length:")
    if at < 0:
        return received.endswith(b"0" + HEAD_END)
    line_end = head.find(b"\r", at)
    length = int(head[at + 15 : line_end if line_end > 0 else None])
    return len(received) - end - 4 >= length
