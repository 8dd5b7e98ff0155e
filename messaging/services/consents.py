"""Writing down who agreed to be written to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from messaging.models import Consent
from messaging.selectors.consents import ConsentKey, list_consents
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Proof:
    """What a web page can show for an answer that was given on it."""

    ip: str | None = None
    agent: str = ""
    page: str = ""


NO_PROOF = Proof()


@transaction.atomic
def record_consents(
    *,
    partner: Partner,
    given: Mapping[ConsentKey, bool],
    source: str,
    at: datetime,
    proof: Proof = NO_PROOF,
    reference: str = "",
) -> dict[ConsentKey, tuple[bool | None, bool]]:
    """Note the answers that differ from the newest known ones, and say which (before, after).

    A message with a number of its own (`reference`) is noted in any case, so that it is known when it comes again.
    """
    known = list_consents(partner=partner, addresses={address for _channel, _purpose, address in given})
    changes = {key: (known.get(key), answer) for key, answer in given.items() if known.get(key) != answer or reference}
    Consent.objects.bulk_create(
        Consent(
            partner=partner,
            channel=channel,
            purpose=purpose,
            address=address,
            is_given=answer,
            source=source,
            proof_ip=proof.ip,
            proof_agent=proof.agent,
            proof_page=proof.page,
            reference=reference,
            given_at=at,
        )
        for (channel, purpose, address), (_before, answer) in changes.items()
    )
    return changes
