"""Fetching a file from an address that a stranger chose: resolved once, checked, and connected to exactly what was
checked; no redirects; little time, little memory, nothing of the answer in any error (promise F4).
"""

import http.client
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TypeVar

from loyalty.outbound.connecting import Resolver, checked, connect, cut_at, resolve, system_resolver
from loyalty.outbound.targets import NO_ALLOWANCE, Allowance, OutboundRefusedError, Target, read_target

T = TypeVar("T")
CHUNK = 65_536
GZIP = b"\x1f\x8b"
AUTO_HEADER = 47  # zlib: gzip or zlib, by its header


@dataclass(frozen=True, slots=True)
class Limits:
    """How long all of it may take, and how much may come, as sent and unpacked."""

    seconds: float = 25.0
    raw_bytes: int = 20_000_000
    unpacked_bytes: int = 50_000_000


DEFAULT_LIMITS = Limits()


@contextmanager
def fetch(
    url: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    allowance: Allowance = NO_ALLOWANCE,
    resolver: Resolver = system_resolver,
    accept: str = "*/*",
) -> Iterator[IO[bytes]]:
    """The file at an address, unpacked, ready to be read. Raises OutboundRefusedError."""
    deadline = time.monotonic() + limits.seconds
    target = read_target(url, allowance=allowance)
    addresses = checked_addresses(target, resolver, deadline)
    with tempfile.TemporaryFile() as file:
        _download(target, addresses, file, accept=accept, limits=limits, deadline=deadline)
        file.seek(0)
        yield file


def checked_addresses(target: Target, resolver: Resolver, deadline: float) -> Sequence[str]:
    """Where a name leads, asked for once, if all of it may be reached. Raises OutboundRefusedError."""
    return checked(target, resolve(target, resolver, deadline))


def _download(
    target: Target, addresses: Sequence[str], file: IO[bytes], *, accept: str, limits: Limits, deadline: float
) -> None:
    headers = {"Accept": accept, "Accept-Encoding": "gzip"}
    exchange(
        target,
        addresses,
        deadline,
        method="GET",
        headers=headers,
        body=None,
        read=lambda response: _copy(response, file, limits),
    )


def exchange(
    target: Target,
    addresses: Sequence[str],
    deadline: float,
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    read: Callable[[http.client.HTTPResponse], T],
) -> T:
    """Ask one of the checked addresses and `read` its answer, all before the deadline. Raises OutboundRefusedError."""
    connection, line = connect(target, addresses, deadline)
    try:
        with cut_at(deadline, line) as is_late:
            ours = {"Host": target.host_header, "User-Agent": "Loyalty", "Connection": "close"}
            connection.request(method, target.path, body=body, headers={**ours, **headers})
            found = read(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError) as error:
        if is_late.is_set() or isinstance(error, TimeoutError):
            raise OutboundRefusedError("too_slow", has_arrived=True) from error
        if isinstance(error, OutboundRefusedError):
            raise
        raise OutboundRefusedError("broken", has_arrived=True) from error
    finally:
        connection.close()
    if is_late.is_set():
        raise OutboundRefusedError("too_slow", has_arrived=True)
    return found


def _copy(response: http.client.HTTPResponse, file: IO[bytes], limits: Limits) -> None:
    if 300 <= response.status < 400:
        raise OutboundRefusedError("redirect")
    if response.status != 200:
        raise OutboundRefusedError("status", status=response.status)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise OutboundRefusedError("encoding")
    if (response.length or 0) > limits.raw_bytes:
        raise OutboundRefusedError("too_large")
    packed = encoding not in {"identity", ""}
    for piece in unpacked(_pieces(response, limits.raw_bytes), most=limits.unpacked_bytes, packed=packed):
        file.write(piece)
    if response.length:  # http.client counts down what was promised
        raise OutboundRefusedError("broken")


def _pieces(response: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    total = 0
    while piece := response.read1(CHUNK):
        total += len(piece)
        if total > most:
            raise OutboundRefusedError("too_large")
        yield piece


def unpacked(pieces: Iterator[bytes], *, most: int, packed: bool = False) -> Iterator[bytes]:
    """Pieces of a file, unpacked once if they are gzip, by word of the sender or by their first bytes.

    Never more than `most` bytes, nor more in memory than a piece. Raises OutboundRefusedError.
    """
    total = 0
    inflater = None
    is_first = True
    for raw in pieces:
        if is_first and (packed or raw.startswith(GZIP)):
            inflater = zlib.decompressobj(AUTO_HEADER)
        is_first = False
        for piece in (raw,) if inflater is None else _inflated(inflater, raw):
            total += len(piece)
            if total > most:
                raise OutboundRefusedError("too_large")
            yield piece
    if inflater is not None and not inflater.eof:
        raise OutboundRefusedError("encoding")


def _inflated(inflater: "zlib._Decompress", raw: bytes) -> Iterator[bytes]:
    try:
        while raw and not inflater.eof:
            yield inflater.decompress(raw, CHUNK)
            raw = inflater.unconsumed_tail
    except zlib.error as error:
        raise OutboundRefusedError("encoding") from error
