"""Reading who agreed to be written to."""

from collections.abc import Collection

from messaging.models import Consent
from partners.models import Partner

# What one yes or no is about: a channel, a purpose and an address.
ConsentKey = tuple[str, str, str]


def list_consents(*, partner: Partner, addresses: Collection[str]) -> dict[ConsentKey, bool]:
    """The newest answer for each channel, purpose and address; what was never asked is absent."""
    rows = (
        Consent.objects.filter(partner=partner, address__in=addresses)
        .order_by("address", "channel", "purpose", "-pk")
        .distinct("address", "channel", "purpose")
    )
    return {(row.channel, row.purpose, row.address): row.is_given for row in rows}
