"""Which months close themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from commissions.choices import ClosePolicy
from commissions.models import CommissionTerms, Statement
from commissions.rules.months import month_of, next_month
from commissions.selectors.periods import closed_months, current_month, month_start
from commissions.selectors.rates import wall_clock
from commissions.selectors.statements import drafts_of
from commissions.selectors.terms import get_terms
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Due:
    """What a partner's terms want done by themselves: months to lock, then drafts to issue; oldest first."""

    months: list[str]
    drafts: list[Statement]


def list_partners_that_close_across_partners() -> list[int]:
    """Partners of whom it was ever agreed that their months close themselves."""
    terms = CommissionTerms.objects.filter(close_policy=ClosePolicy.AUTOMATIC).order_by("partner_id")
    return list(terms.values_list("partner_id", flat=True).distinct())


def get_due(*, partner: Partner, at: datetime) -> Due:
    """What is due by the terms in force today.

    Only months that ended after closing was switched on (decision 28), the agreed days after their end. A draft of an
    earlier month waits for a person, and so do those after it.
    """
    months = _due_months(partner, at)
    closed = closed_months(partner=partner)
    drafts: list[Statement] = []
    for draft in drafts_of(partner=partner, currency=partner.currency).select_related("partner"):
        if draft.month not in months:
            break
        drafts.append(draft)
    return Due([month for month in months if month not in closed], drafts)


def _due_months(partner: Partner, at: datetime) -> list[str]:
    now = current_month(partner, at)
    terms = get_terms(partner=partner, month=now)
    if terms.close_policy != ClosePolicy.AUTOMATIC or terms.automatic_since is None:
        return []
    month, due = month_of(wall_clock(partner, terms.automatic_since).date()), []
    while month < now:
        # On the partner's clock: the hour that a clock change takes or gives does not move a midnight.
        if month_start(partner, next_month(month)) + timedelta(days=terms.close_after_days) <= at:
            due.append(month)
        month = next_month(month)
    return due
