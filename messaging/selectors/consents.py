"""Reading who agreed to be written to."""

from collections.abc import Collection

from messaging.choices import Channel, Purpose
from messaging.models import Consent
from messaging.rules.consents import is_allowed
from partners.models import Partner

# What one yes or no is about: a channel, a purpose and an address.
ConsentKey = tuple[str, str, str]


def list_consents(*, partner: Partner, addresses: Collection[str]) -> dict[ConsentKey, bool]:
    """The newest answer for each channel, purpose and address; what was never asked is absent."""
    return {key: row.is_given for key, row in list_answers(partner=partner, addresses=addresses).items()}


def list_answers(*, partner: Partner, addresses: Collection[str]) -> dict[ConsentKey, Consent]:
    """The rows of the newest answers."""
    rows = (
        Consent.objects.filter(partner=partner, address__in=addresses)
        .order_by("address", "channel", "purpose", "-pk")
        .distinct("address", "channel", "purpose")
    )
    return {(row.channel, row.purpose, row.address): row for row in rows}


def is_marketing_allowed(*, partner: Partner, phone: str) -> bool:
    """Whether this partner may send advertisements to this number now."""
    answers = list_consents(partner=partner, addresses={phone})
    return is_allowed(Purpose.MARKETING, answers.get((Channel.SMS, Purpose.MARKETING, phone)))


def get_latest_consent(*, partner: Partner, phone: str) -> Consent | None:
    """The newest answer of a number about advertisements by SMS, with its proof."""
    rows = Consent.objects.filter(partner=partner, address=phone, channel=Channel.SMS, purpose=Purpose.MARKETING)
    return rows.order_by("-pk").first()


def is_consent_reference_known(*, partner: Partner, phone: str, reference: str) -> bool:
    """Whether the message with this number has been heard before."""
    return Consent.objects.filter(
        partner=partner, address=phone, channel=Channel.SMS, purpose=Purpose.MARKETING, reference=reference
    ).exists()
