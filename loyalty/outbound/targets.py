"""Reading an address that somebody gave us: strictly, because two readers that differ are how guards are passed."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

LONGEST = 2_000
PORTS = {"http": 80, "https": 443}
_VISIBLE = re.compile(r"[\x21-\x7e]+\Z")
_HOST = re.compile(r"[0-9A-Za-z.:\[\]-]+\Z")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
# A last label of digits, or of hexadecimal with its prefix, makes a whole name a number for many libraries.
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")


class OutboundRefusedError(ValueError):
    """Why something was not fetched. `reason` is one of REASONS; nothing of what was answered is ever in here.

    `has_arrived` leaves open whether the other side has the request: only then could asking again do a thing twice.
    """

    REASONS = (
        *("address", "scheme", "user", "host", "port", "not_public", "unknown_host", "unreachable", "certificate"),
        *("redirect", "status", "too_large", "too_slow", "encoding", "broken"),
    )

    def __init__(self, reason: str, *, status: int | None = None, has_arrived: bool = False) -> None:
        self.reason = reason
        self.status = status
        self.has_arrived = has_arrived
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Loopback ports that may be reached all the same: a test's own server. Nothing, unless a caller passes some."""

    loopback_ports: frozenset[int] = field(default_factory=frozenset)

    def covers(self, host: str, port: int) -> bool:
        return host == "127.0.0.1" and port in self.loopback_ports


NO_ALLOWANCE = Allowance()


@dataclass(frozen=True, slots=True)
class Target:
    """An address that can be fetched; `host` is a name or a literal IP address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    is_allowed: bool = False

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    @property
    def host_header(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == PORTS[self.scheme] else f"{shown}:{self.port}"


def read_target(url: str, *, allowance: Allowance = NO_ALLOWANCE) -> Target:
    """Raises OutboundRefusedError for whatever is not plainly an address of the web on its usual ports."""
    if len(url) > LONGEST or not _VISIBLE.match(url) or "\\" in url:
        raise OutboundRefusedError("address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutboundRefusedError("address") from error
    if parts.scheme not in PORTS:
        raise OutboundRefusedError("scheme")
    if "@" in parts.netloc:
        raise OutboundRefusedError("user")
    host = _host(parts)
    port = PORTS[parts.scheme] if port is None else port
    is_allowed = allowance.covers(host, port)
    if port not in PORTS.values() and not is_allowed:
        raise OutboundRefusedError("port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, is_allowed)


def read_host(host: str, port: int, *, is_tls: bool = False, allowance: Allowance = NO_ALLOWANCE) -> Target:
    """The same for what is no website: a host alone, and any port. Raises OutboundRefusedError."""
    if not _HOST.match(host) or len(host) > LONGEST:
        raise OutboundRefusedError("host")
    if not 0 < port < 65_536:
        raise OutboundRefusedError("port")
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    try:
        name = _host(urlsplit(f"http://{bracketed}/"))
    except OutboundRefusedError:
        raise
    except ValueError as error:
        raise OutboundRefusedError("host") from error
    return Target("https" if is_tls else "http", name, port, "/", allowance.covers(name, port))


def _host(parts: SplitResult) -> str:
    """A full name, a dotted quad, or an IPv6 address; none of the older ways to write a number."""
    text = (parts.hostname or "").lower()
    bracketed = parts.netloc.startswith("[")
    if bracketed:
        try:
            return str(IPv6Address(text))
        except ValueError as error:
            raise OutboundRefusedError("host") from error
    labels = text.removesuffix(".").split(".")
    if not all(_LABEL.match(label) for label in labels) or len(text) > 253 or len(labels) < 2:
        raise OutboundRefusedError("host")
    if not _NUMERIC.match(labels[-1]):
        return text.removesuffix(".")
    try:
        return str(IPv4Address(text))
    except ValueError as error:
        raise OutboundRefusedError("host") from error
