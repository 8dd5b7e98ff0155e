"""What a development machine may reach besides the open internet."""

import os

from django.conf import settings

from loyalty.outbound.targets import NO_ALLOWANCE, Allowance


def configured_allowance() -> Allowance:
    """Loopback ports named by OUTBOUND_LOOPBACK_PORTS, with DEBUG on; in production nothing, whatever is set."""
    named = os.environ.get("OUTBOUND_LOOPBACK_PORTS", "")
    if not settings.DEBUG or not named:
        return NO_ALLOWANCE
    return Allowance(frozenset(int(port) for port in named.split(",") if port.strip().isdecimal()))
