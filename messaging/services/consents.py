"""Writing down who agreed to be written to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.models import Consent
from messaging.selectors.consents import ConsentKey, list_answers
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Proof:
    """What a web page can show for an answer that was given on it."""

    ip: str | None = None
    agent: str = ""
    page: str = ""


NO_PROOF = Proof()

# In the order of their hashes, so that two who hold several addresses never wait for each other.
_LOCK = """
SELECT pg_advisory_xact_lock(%s, hash)
FROM (SELECT DISTINCT hashtext(%s || address) AS hash FROM unnest(%s::text[]) address ORDER BY hash) hashes
"""
LOCK = 0x59454E  # "YEN": apart from other users of advisory locks


def lock_addresses(*, partner: Partner, addresses: Iterable[str]) -> None:
    """Have others' answers of these addresses wait for the end of this transaction, and wait for theirs."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [LOCK, f"{partner.pk}:", sorted(set(addresses))])


@transaction.atomic
def record_consents(
    *,
    partner: Partner,
    given: Mapping[ConsentKey, bool],
    source: str,
    at: datetime,
    proof: Proof = NO_PROOF,
    reference: str = "",
    actor: Actor | None = None,
) -> dict[ConsentKey, tuple[bool | None, bool]]:
    """Note the answers that differ from the newest known ones, and say which (before, after).

    One at a time for an address, so that nobody compares with an answer that another is about to change. A yes that
    waited for a later no meanwhile has been taken back by it; a no counts whenever it comes.
    Whoever brings answers of many addresses does it in short transactions: a reader who unsubscribes waits for them.
    With an `actor` it is in the audit trail, too, without the address; without one the caller's own entry says it.
    A message with a number of its own (`reference`) is noted in any case, so that it is known when it comes again.
    """
    if not given:
        return {}
    addresses = {address for _channel, _purpose, address in given}
    lock_addresses(partner=partner, addresses=addresses)
    known = list_answers(partner=partner, addresses=addresses)
    changes: dict[ConsentKey, tuple[bool | None, bool]] = {}
    for key, answer in given.items():
        newest = known.get(key)
        before = None if newest is None else newest.is_given
        is_overtaken = answer and newest is not None and not before and newest.given_at > at
        if (before != answer or reference) and not is_overtaken:
            changes[key] = (before, answer)
    rows = Consent.objects.bulk_create(
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
    for row, (before, after) in zip(rows, changes.values(), strict=True):
        if actor is not None:
            said = {f"{row.channel}.{row.purpose}": (before, after), "source": (None, source)}
            audit.record(
                actor=actor, action="consent.noted", target=row, partner_id=partner.pk, changes=said, personal=(), at=at
            )
    return changes
