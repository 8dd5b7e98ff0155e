from commissions.models.bank import BankDetails
from commissions.models.entry import CommissionEntry
from commissions.models.manual import ManualLine
from commissions.models.payout import Payout, PayoutRun, PayoutRunItem, PayoutSeries
from commissions.models.period import CommissionPeriod, PartnerLock
from commissions.models.pin import DefaultsPin
from commissions.models.rate import CommissionRate
from commissions.models.statement import Statement, StatementSeries
from commissions.models.sync import CommissionCursor, SyncRun
from commissions.models.terms import CommissionTerms

__all__ = [
    "BankDetails",
    "CommissionCursor",
    "CommissionEntry",
    "CommissionPeriod",
    "CommissionRate",
    "CommissionTerms",
    "DefaultsPin",
    "ManualLine",
    "PartnerLock",
    "Payout",
    "PayoutRun",
    "PayoutRunItem",
    "PayoutSeries",
    "Statement",
    "StatementSeries",
    "SyncRun",
]
