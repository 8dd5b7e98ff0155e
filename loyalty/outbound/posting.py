"""Telling a stranger's server something: guarded like fetching, and of the answer only how it went (promise F4)."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass

from loyalty.outbound.connecting import Resolver, system_resolver
from loyalty.outbound.fetching import checked_addresses, exchange
from loyalty.outbound.targets import NO_ALLOWANCE, Allowance, OutboundRefusedError, read_target

LONGEST_RETRY_AFTER = 100


@dataclass(frozen=True, slots=True)
class Reply:
    """The status of an answer, and its Retry-After as it came; its body is never read."""

    status: int
    retry_after: str = ""


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    seconds: float,
    allows_http: bool = False,
    allowance: Allowance = NO_ALLOWANCE,
    resolver: Resolver = system_resolver,
) -> Reply:
    """POST these very bytes, by https unless `allows_http`. Raises OutboundRefusedError where there is no answer."""
    deadline = time.monotonic() + seconds
    target = read_target(url, allowance=allowance)
    if not target.is_tls and not allows_http:
        raise OutboundRefusedError("scheme")
    addresses = checked_addresses(target, resolver, deadline)
    return exchange(target, addresses, deadline, method="POST", headers=headers, body=body, read=_read)


def _read(response: http.client.HTTPResponse) -> Reply:
    return Reply(response.status, (response.headers.get("Retry-After") or "")[:LONGEST_RETRY_AFTER])
