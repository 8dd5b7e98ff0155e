"""The way to an address that a stranger chose: resolved once, checked, and connected to exactly what was checked."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address

from loyalty.outbound.addresses import is_public
from loyalty.outbound.targets import OutboundRefusedError, Target

# Name and port → IP addresses.
Resolver = Callable[[str, int], Sequence[str]]


def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve(target: Target, resolver: Resolver, deadline: float) -> Sequence[str]:
    """Once, and not for longer than there is time: the system's resolver knows no limit."""
    found: list[Sequence[str]] = []

    def ask() -> None:
        try:
            found.append(resolver(target.host, target.port))
        except (OSError, UnicodeError):
            found.append(())

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if not found:
        raise OutboundRefusedError("too_slow")
    if not found[0]:
        raise OutboundRefusedError("unknown_host")
    return found[0]


def checked(target: Target, addresses: Sequence[str]) -> Sequence[str]:
    """A name that leads to one closed address is refused, however many open ones it has."""
    if target.is_allowed:
        return [address for address in addresses if address == target.host]
    if not all(is_public(address) for address in addresses):
        raise OutboundRefusedError("not_public")
    return addresses


def refuse_closed(target: Target) -> Target:
    """The same target, unless it names a closed address outright: whoever stores it hears of that at once.

    Where a name leads to is looked at when it is called.
    """
    try:
        ip_address(target.host)
    except ValueError:
        return target
    if not target.is_allowed and not is_public(target.host):
        raise OutboundRefusedError("not_public")
    return target


def connect(
    target: Target, addresses: Sequence[str], deadline: float
) -> tuple[http.client.HTTPConnection, socket.socket]:
    """A connection to one of the checked addresses. For TLS the certificate must be that of the name."""
    line = open_line(target, addresses, deadline)
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = line
    connection.auto_open = 0  # it never connects by itself, to anything
    return connection, line


def open_line(target: Target, addresses: Sequence[str], deadline: float) -> socket.socket:
    """The same without HTTP: a plain or a TLS socket."""
    reason = "unreachable"
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            raise OutboundRefusedError("too_slow")
        try:
            plain = socket.create_connection((address, target.port), timeout=min(left, 10.0))
        except OSError:
            continue
        try:
            plain.settimeout(max(0.1, deadline - time.monotonic()))
            return _wrapped(plain, target.host) if target.is_tls else plain
        except OSError as error:
            plain.close()
            reason = "certificate" if isinstance(error, ssl.SSLError) else reason
    raise OutboundRefusedError(reason)


def _wrapped(plain: socket.socket, host: str) -> socket.socket:
    context = ssl.create_default_context()
    return context.wrap_socket(plain, server_hostname=host)


@contextmanager
def cut_at(deadline: float, line: socket.socket) -> Iterator[threading.Event]:
    """Neither headers that drip nor a body that does outlive the deadline: the socket is shut under them.

    The event says that it happened.
    """
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), stop)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield is_late
    finally:
        watchdog.cancel()
