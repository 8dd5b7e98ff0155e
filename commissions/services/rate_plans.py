"""What a change of rates would do, told before anybody agrees to it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from commissions.choices import PeriodState
from commissions.models import CommissionRate
from commissions.rules.cards import SCOPE, Draft
from commissions.selectors.periods import list_periods
from commissions.selectors.sources import list_months_with_sales
from commissions.services.rates import NewCard, RateChange, prepare_change
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One thing that changes: a version that ends (`old`) at `moment`, a rate that begins then (`new`), or both.

    Where `is_withdrawn`, the old version never counts at all.
    """

    old: CommissionRate | None
    new: Draft | None
    moment: datetime
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class RatePlan:
    """Everything that a change does. `since` is the first month that is computed again, `months` those with sales.

    Of the platform's defaults `months` is empty: each partner has its own. `digest` tells one plan from another.
    """

    steps: tuple[PlannedStep, ...]
    since: str | None
    months: tuple[str, ...]
    digest: str


def plan_rates(*, partner: Partner | None, card: NewCard, at: datetime) -> RatePlan:
    """What `set_rates` would do with this card now; changes nothing, and raises as it does."""
    with transaction.atomic():
        change = prepare_change(partner=partner, card=card, at=at)
        steps, since = tuple(_steps(change)), change.reaches_back_to
        months = _open_months(partner, since) if partner and since else ()
        transaction.set_rollback(True)
    return RatePlan(steps, since, months, _digest(steps, since, card))


def _steps(change: RateChange) -> list[PlannedStep]:
    present = {version.pk: version for version in change.present}
    gone = {pk: present[pk].valid_from for pk in change.withdrawn} | change.ended
    steps = []
    for draft in change.made:
        begin = draft.valid_from or change.since
        places = [pk for pk in gone if tuple(getattr(present[pk], name) for name in SCOPE) == draft.scope]
        before = next((pk for pk in places if gone[pk] == begin), None)
        if before is not None:
            del gone[before]
        old = present[before] if before is not None else None
        steps.append(PlannedStep(old, draft, begin, before in change.withdrawn))
    steps += [PlannedStep(present[pk], None, moment, pk in change.withdrawn) for pk, moment in sorted(gone.items())]
    return steps


def _open_months(partner: Partner, since: str) -> tuple[str, ...]:
    closed = set(list_periods(partner=partner).exclude(state=PeriodState.OPEN).values_list("month", flat=True))
    return tuple(month for month in list_months_with_sales(partner=partner, since=since) if month not in closed)


def _digest(steps: tuple[PlannedStep, ...], since: str | None, card: NewCard) -> str:
    """The same for the same change a minute later, although "now" is another moment."""
    told = [
        [
            step.old.pk if step.old else None,
            str(step.old.valid_to) if step.old else None,
            list(map(str, step.new.scope)) if step.new else None,
            step.is_withdrawn,
        ]
        for step in steps
    ]
    asked = [[str(getattr(draft, name)) for name in Draft.__slots__] for draft in card.begun]
    asked.append(sorted(f"{pk} {moment}" for pk, moment in card.ended.items()))
    return hashlib.sha256(json.dumps([told, since, asked]).encode()).hexdigest()[:32]
