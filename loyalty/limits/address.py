"""Who is at the other end of the wire, believing only the proxies that we were told to trust."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNIX_SOCKET = "unix"
UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """The caller's address: the nearest one that is no trusted proxy, reading X-Forwarded-For from right to left.

    TRUSTED_PROXIES lists networks; the word `unix` in it trusts a proxy that connects over a Unix socket, where the
    peer has no address. What stands left of an untrusted or unreadable entry could have been written by anyone.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    nearest = _clean(peer)
    trusted = tuple(settings.TRUSTED_PROXIES)
    if not _is_trusted(nearest if peer else UNIX_SOCKET, trusted):
        return nearest
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        address = _clean(hop)
        if address == UNKNOWN:
            break
        nearest = address
        if not _is_trusted(address, trusted):
            break
    return nearest


def address_bucket(address: str) -> str:
    """What limits count by: an IPv4 address, or the /64 that one IPv6 subscriber owns."""
    if ":" not in address:
        return address
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))


def _clean(hop: str) -> str:
    """An address in its one canonical spelling, without brackets and port; `unknown` where it is none."""
    text = hop.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    if address == UNIX_SOCKET:
        return UNIX_SOCKET in trusted
    return address != UNKNOWN and any(ip_address(address) in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(entry, strict=False) for entry in trusted if entry != UNIX_SOCKET)
