"""Sending a request to an address that somebody gave us, under the same rules as fetching from one (promise F4)."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass

from loyalty.outbound.connecting import Resolver, checked, connect, cut_at, resolve, system_resolver
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
    connection, line = connect(target, checked(target, resolve(target, resolver, deadline)), deadline)
    named = {"Host": target.host_header, "Accept-Encoding": "identity", **headers, "Connection": "close"}
    try:
        with cut_at(deadline, line) as is_late:
            connection.request(method, target.path, body=body, headers=named)
            response = connection.getresponse()
            said = response.read(MOST_ANSWERED + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        slow = is_late.is_set() or isinstance(error, TimeoutError)
        raise OutboundRefusedError("too_slow" if slow else "broken", has_arrived=True) from error
    finally:
        connection.close()
    if is_late.is_set():
        raise OutboundRefusedError("too_slow", has_arrived=True)
    if len(said) > MOST_ANSWERED:
        raise OutboundRefusedError("too_large", status=response.status, has_arrived=True)
    return Answered(response.status, said)
