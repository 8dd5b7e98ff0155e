"""Saying what is agreed with a partner about its months: another version each time, never for a closed month."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from commissions.choices import ClosePolicy
from commissions.errors import CommissionLocked
from commissions.models import CommissionTerms
from commissions.rules.currency import unit_of
from commissions.rules.months import next_month
from commissions.selectors.periods import current_month, last_closed_month, month_start, total_of
from commissions.selectors.terms import get_terms
from commissions.services.locking import refuse_locked, wait_for_lock
from loyalty.errors import ValidationFailed
from loyalty.services import audit
from loyalty.services.audit import Actor
from partners.models import Partner

AMOUNTS = ("minimum", "cap", "threshold")
SAID = (*AMOUNTS, "pays_out", "close_policy", "close_after_days")
LONGEST_WAIT = 60


@transaction.atomic
def set_terms(
    *, actor: Actor, partner: Partner, said: Mapping[str, Any], valid_from: str | None, at: datetime
) -> CommissionTerms:
    """Let these terms count from a month on (none: this one, or the next open one). What is not said stays as it is.

    The same again: no change. Raises CommissionLocked (the partner, or a closed month), ValidationFailed,
    CommissionSyncRunning.
    """
    wait_for_lock(partner_id=partner.pk)
    refuse_locked(partner_id=partner.pk, at=at)
    closed = last_closed_month(partner=partner)
    if valid_from is None:
        valid_from = max(current_month(partner, at), next_month(closed) if closed else "")
    elif closed is not None and valid_from <= closed:
        raise CommissionLocked
    before = get_terms(partner=partner, month=valid_from)
    made = CommissionTerms(partner=partner, valid_from=valid_from, actor_kind=actor.kind, actor_id=actor.id)
    for name in SAID:
        setattr(made, name, said.get(name, getattr(before, name)))
    _check(made)
    if before.pk is not None and audit.snapshot(before, SAID) == audit.snapshot(made, SAID):
        return before
    if made.close_policy == ClosePolicy.AUTOMATIC:
        began = max(at, month_start(partner, valid_from))
        made.automatic_since = before.automatic_since or began
    made.created_at = at
    made.save()
    changes = audit.difference(audit.snapshot(before, SAID), audit.snapshot(made, SAID))
    total = total_of(partner=partner)
    audit.record(
        actor=actor,
        action="commission.terms_changed",
        target=made,
        partner_id=partner.pk,
        changes={**changes, "valid_from": (before.valid_from, valid_from), "total": (total, total)},
        at=at,
    )
    return made


def _check(terms: CommissionTerms) -> None:
    errors: dict[str, list[str]] = {}
    for name, text in _complaints(terms):
        errors.setdefault(name, []).append(text)
    if errors:
        raise ValidationFailed(errors=errors)


def _complaints(terms: CommissionTerms) -> Iterator[tuple[str, str]]:
    currency = terms.partner.currency
    for name in AMOUNTS:
        value = getattr(terms, name)
        if value is not None and value < 0:
            yield name, _("Must not be negative.")
        elif value is not None and value % unit_of(currency):
            yield name, _("Is finer than the smallest coin of {currency}.").format(currency=currency)
    if terms.cap is not None and terms.cap < terms.minimum:
        yield "cap", _("Must not be below the minimum.")
    if not 0 <= terms.close_after_days <= LONGEST_WAIT:
        yield "close_after_days", _("Must be between 0 and {most}.").format(most=LONGEST_WAIT)
