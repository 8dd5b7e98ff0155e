"""Asking a server that somebody gave us something, and reading what it says: guarded as fetching is (promise F4)."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass

from loyalty.outbound.connecting import Resolver, system_resolver
from loyalty.outbound.fetching import checked_addresses, exchange
from loyalty.outbound.targets import NO_ALLOWANCE, Allowance, OutboundRefusedError, read_target

MOST_ANSWERED = 65_536


@dataclass(frozen=True, slots=True)
class Answered:
    """What the other side said; whether it meant it is for the caller to judge. A redirect is not followed."""

    status: int
    body: bytes


def call(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float,
    method: str = "POST",
    allowance: Allowance = NO_ALLOWANCE,
    resolver: Resolver = system_resolver,
) -> Answered:
    """One request and its answer, whatever its status, within `seconds`. Raises OutboundRefusedError."""
    deadline = time.monotonic() + seconds
    target = read_target(url, allowance=allowance)
    addresses = checked_addresses(target, resolver, deadline)
    plain = {"Accept-Encoding": "identity", **headers}
    return exchange(target, addresses, deadline, method=method, headers=plain, body=body, read=_read)


def _read(response: http.client.HTTPResponse) -> Answered:
    said = response.read(MOST_ANSWERED + 1)
    if len(said) > MOST_ANSWERED:
        raise OutboundRefusedError("too_large", status=response.status, has_arrived=True)
    return Answered(response.status, said)
