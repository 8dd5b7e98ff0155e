"""Which addresses of the network are open to everybody, and which must never be reached from here (promise F4)."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Everything that IANA set apart, relays and documentation included. Python's `is_global` alone lets some of it through.
_CLOSED_4 = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# The only part of IPv6 that is routed; mapped, compatible, NAT64, local and multicast addresses lie outside of it.
_OPEN_6 = ip_network("2000::/3")
_CLOSED_6 = tuple(ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the open internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_4(address)
    return _is_public_6(address)


def _is_public_4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in _CLOSED_4)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _OPEN_6:
        return False
    return address.is_global and not any(address in network for network in _CLOSED_6)
