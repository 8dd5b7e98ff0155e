"""Refusals that speak of commission."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import ConflictError, UnavailableError


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


class PayoutWrongStatus(ConflictError):
    """A payout goes from draft to issued to paid or failed, and from failed to issued again."""

    code = "PAYOUT_WRONG_STATUS"
    template = _("{number} is in the state “{status}”: this is not possible now.")


class PayoutInProgress(ConflictError):
    """Somebody is moving the money right now: a bank file or a payment provider."""

    code = "PAYOUT_IN_PROGRESS"
    template = _("{number} is on its way: {holder} has it. Wait for the answer, or cancel the bank file.")


class StatementNotPayable(ConflictError):
    code = "STATEMENT_NOT_PAYABLE"
    template = _("There is nothing to pay of this statement: it is no issued one, or it asks for nothing.")


class BankDetailsMissing(ConflictError):
    code = "BANK_DETAILS_MISSING"
    template = _("Enter the bank details first. They are missing for: {partners}.")


class PlatformAccountMissing(ConflictError):
    code = "PLATFORM_ACCOUNT_MISSING"
    template = _("Set the platform's own account first: PLATFORM_ACCOUNT_HOLDER, PLATFORM_IBAN.")


class BankFileNotPossible(ConflictError):
    """Something in it cannot stand in a SEPA file; which, and why, is said."""

    code = "BANK_FILE_NOT_POSSIBLE"
    template = _("No bank file was made. {why}")


class PaymentProviderMissing(ConflictError):
    code = "PAYMENT_PROVIDER_MISSING"
    template = _("No payment provider is set up here.")


class ProviderAccountMissing(ConflictError):
    code = "PROVIDER_ACCOUNT_MISSING"
    template = _("Enter first what the payment provider calls this partner.")


class PaymentProviderUnavailable(UnavailableError):
    code = "PAYMENT_PROVIDER_UNAVAILABLE"
    template = _("The payment provider does not answer. Try again in {retry_after} s.")
