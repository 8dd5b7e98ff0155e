"""Writing down who agreed to be written to."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from messaging.models import Consent
from messaging.selectors.consents import ConsentKey, list_consents
from partners.models import Partner


@transaction.atomic
def record_consents(
    *, partner: Partner, given: Mapping[ConsentKey, bool], source: str, at: datetime
) -> dict[ConsentKey, tuple[bool | None, bool]]:
    """Note the answers that differ from the newest known ones, and say which (before, after)."""
    known = list_consents(partner=partner, addresses={address for _channel, _purpose, address in given})
    changes = {key: (known.get(key), answer) for key, answer in given.items() if known.get(key) != answer}
    Consent.objects.bulk_create(
        Consent(
            partner=partner,
            channel=channel,
            purpose=purpose,
            address=address,
            is_given=answer,
            source=source,
            given_at=at,
        )
        for (channel, purpose, address), (_before, answer) in changes.items()
    )
    return changes
