"""Months that close themselves, where that was agreed."""

from datetime import datetime
from logging import getLogger

from commissions.errors import CommissionSyncRunning
from commissions.selectors.closing import get_due
from commissions.services.locking import lock_in_force
from commissions.services.periods import lock_period
from commissions.services.statements import issue_statement
from loyalty.services.audit import SYSTEM
from partners.models import Partner

logger = getLogger("commissions.closing")


def close_due_months(*, partner: Partner, at: datetime) -> list[str]:
    """Lock the months of a partner that are due and issue their statements. Answers the numbers given.

    Each month is a transaction of its own, and what is done already is not done again: a kill loses nothing, and of
    two at once each finds the other's work. While the partner's commission stands still, nothing is closed; while
    somebody else is long at it, the next run goes on.
    """
    if lock_in_force(partner_id=partner.pk, at=at) is not None:
        return []
    try:
        for month in get_due(partner=partner, at=at).months:
            lock_period(actor=SYSTEM, partner=partner, month=month, at=at)
        drafts = get_due(partner=partner, at=at).drafts
        return [issue_statement(actor=SYSTEM, statement=draft, at=at).shown_number for draft in drafts]
    except CommissionSyncRunning:
        logger.info("close", extra={"partner_id": partner.pk, "waits": True})
        return []
