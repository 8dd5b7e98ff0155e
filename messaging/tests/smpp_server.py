"""A small SMSC on loopback that speaks SMPP 3.4 and behaves as badly as a test wants."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

BIND, BIND_RESP = 0x00000009, 0x80000009
SUBMIT, SUBMIT_RESP = 0x00000004, 0x80000004
DELIVER, DELIVER_RESP = 0x00000005, 0x80000005
UNBIND, ENQUIRE = 0x00000006, 0x00000015
PAYLOAD = 0x0424


@dataclass
class Submitted:
    """One message as it came over the line."""

    source: str
    destination: str
    esm_class: int
    coding: int
    registered: int
    validity: str
    octets: bytes
    is_payload: bool


@dataclass
class Smsc:
    """What it is told to do, and what it saw; `statuses` are answered to the next submits, then 0."""

    password: str = "secret"
    statuses: list[int] = field(default_factory=list)
    binds: list[tuple[str, str]] = field(default_factory=list)
    submitted: list[Submitted] = field(default_factory=list)
    # Statuses that came back for what was delivered.
    acknowledged: list[int] = field(default_factory=list)
    # Said to whoever binds next, each until it is acknowledged with 0.
    outbox: list[bytes] = field(default_factory=list)
    silent_bind: bool = False
    drip: bool = False
    drops_after_submit: bool = False
    delay: float = 0.0
    port: int = 0
    open_lines: int = 0
    most_lines: int = 0

    @property
    def texts(self) -> list[bytes]:
        return [one.octets for one in self.submitted]


def pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    return struct.pack(">LLLL", 16 + len(body), command, status, sequence) + body


def deliver(
    sequence: int, text: bytes, *, esm_class: int = 4, source: bytes = b"37060000001", extra: bytes = b""
) -> bytes:
    """A deliver_sm: a receipt, or with another class a text that somebody wrote."""
    body = b"\0" + b"\1\1" + source + b"\0" + b"\0\0" + b"Coffee\0" + bytes([esm_class]) + b"\0\0" + b"\0\0"
    body += b"\0\0\0\0" + bytes([len(text)]) + text + extra
    return pdu(DELIVER, 0, sequence, body)


def receipt(message_id: str, state: str = "DELIVRD", error: str = "000") -> bytes:
    when = "submit date:2611270800 done date:2611270801"
    return f"id:{message_id} sub:001 dlvrd:001 {when} stat:{state} err:{error} text:Hi".encode("latin-1")


@contextmanager
def smsc(**options: Any) -> Iterator[Smsc]:
    """The server, on a free port, for as long as the block runs."""
    state = Smsc(**options)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    state.port = listener.getsockname()[1]
    stop = threading.Event()

    def accept() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                line, _address = listener.accept()
                threading.Thread(target=_serve, args=(state, line, stop), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        stop.set()
        thread.join(5)
        listener.close()


def _serve(state: Smsc, line: socket.socket, stop: threading.Event) -> None:
    line.settimeout(0.05)
    state.open_lines += 1
    state.most_lines = max(state.most_lines, state.open_lines)
    try:
        with line, suppress(OSError, EOFError):
            _talk(state, line, stop)
    finally:
        state.open_lines -= 1


def _talk(state: Smsc, line: socket.socket, stop: threading.Event) -> None:
    is_bound = False
    waiting: dict[int, bytes] = {}
    while not stop.is_set():
        if is_bound and state.outbox and not waiting:
            _say(state, line, waiting)
        try:
            head = _exactly(line, 16)
        except TimeoutError:
            continue
        length, command, status, sequence = struct.unpack(">LLLL", head)
        body = _exactly(line, length - 16, patient=True)
        if command == BIND:
            is_bound = _bind(state, line, sequence, body)
        elif command == SUBMIT:
            _submit(state, line, sequence, body)
        elif command == DELIVER_RESP:
            _acknowledge(state, waiting, status)
        elif command in {UNBIND, ENQUIRE}:
            line.sendall(pdu(command | 0x80000000, 0, sequence))


def _say(state: Smsc, line: socket.socket, waiting: dict[int, bytes]) -> None:
    text, sequence = state.outbox[0], 1_001
    waiting[sequence] = text
    is_whole = text[:4] == struct.pack(">L", len(text))
    line.sendall(text if is_whole else deliver(sequence, text))


def _acknowledge(state: Smsc, waiting: dict[int, bytes], status: int) -> None:
    state.acknowledged.append(status)
    _sequence, text = waiting.popitem()
    if status == 0 and text in state.outbox:
        state.outbox.remove(text)
    elif status:
        time.sleep(0.2)


def _bind(state: Smsc, line: socket.socket, sequence: int, body: bytes) -> bool:
    name, password, _rest = body.split(b"\0", 2)
    state.binds.append((name.decode(), password.decode()))
    if state.silent_bind:
        return False
    if state.drip:
        for octet in pdu(BIND_RESP, 0, sequence, b"smsc\0"):
            line.sendall(bytes([octet]))
            time.sleep(0.3)
    is_right = password.decode() == state.password
    line.sendall(pdu(BIND_RESP, 0 if is_right else 0x0E, sequence, b"smsc\0" if is_right else b""))
    return is_right


def _submit(state: Smsc, line: socket.socket, sequence: int, body: bytes) -> None:
    time.sleep(state.delay)
    status = state.statuses.pop(0) if state.statuses else 0
    if status:
        line.sendall(pdu(SUBMIT_RESP, status, sequence))
        return
    state.submitted.append(_read_submit(body))
    if state.drops_after_submit:
        raise EOFError
    line.sendall(pdu(SUBMIT_RESP, 0, sequence, f"m-{len(state.submitted)}".encode() + b"\0"))


def _read_submit(body: bytes) -> Submitted:
    def text(at: int) -> tuple[str, int]:
        end = body.index(b"\0", at)
        return body[at:end].decode("latin-1"), end + 1

    _service, at = text(0)
    source, at = text(at + 2)
    destination, at = text(at + 2)
    esm_class = body[at]
    _schedule, at = text(at + 3)
    validity, at = text(at)
    registered, _replace, coding, _default, length = body[at : at + 5]
    at += 5
    octets, at, is_payload = body[at : at + length], at + length, False
    while at < len(body):
        tag, size = struct.unpack(">HH", body[at : at + 4])
        if tag == PAYLOAD:
            octets, is_payload = body[at + 4 : at + 4 + size], True
        at += 4 + size
    return Submitted(source, destination, esm_class, coding, registered, validity, octets, is_payload)


def _exactly(line: socket.socket, size: int, *, patient: bool = False) -> bytes:
    parts = b""
    while len(parts) < size:
        try:
            part = line.recv(size - len(parts))
        except TimeoutError:
            if parts or patient:
                continue
            raise
        if not part:
            raise EOFError
        parts += part
    return parts
