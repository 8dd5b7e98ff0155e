"""Refusals that speak of commission."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import ConflictError


class CommissionLocked(ConflictError):
    """The commission of this period is settled: rates, synchronizing and manual lines are refused, sales never are."""

    code = "COMMISSION_LOCKED"
    template = _("The commission of this period is locked.")


class CommissionPeriodSettled(ConflictError):
    code = "COMMISSION_PERIOD_SETTLED"
    template = _("The commission of {month} is settled and stays as it is.")


class LaterPeriodLocked(ConflictError):
    code = "COMMISSION_LATER_PERIOD_LOCKED"
    template = _("Unlock {month} first: a later month is locked.")


class CommissionSyncRunning(ConflictError):
    """Somebody else is at this partner's commission right now."""

    code = "COMMISSION_SYNC_RUNNING"
    template = _("This partner's commission is being synchronized. Try again in {retry_after} s.")


class CommissionPeriodOpen(ConflictError):
    """A statement speaks of a closed month only."""

    code = "COMMISSION_PERIOD_OPEN"
    template = _("The commission of {month} is still open: lock it first.")


class CommissionStatementIssued(ConflictError):
    """What a partner was told is not taken back; the next open month corrects it."""

    code = "COMMISSION_STATEMENT_ISSUED"
    template = _("Statement {number} was issued: correct it in the next open month.")


class EarlierStatementDraft(ConflictError):
    code = "COMMISSION_EARLIER_STATEMENT_DRAFT"
    template = _("Issue the statement of {month} first.")
