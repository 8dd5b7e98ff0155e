from commissions.models.bank import BankDetails
from commissions.models.entry import CommissionEntry
from commissions.models.period import CommissionPeriod, PartnerLock
from commissions.models.rate import CommissionRate
from commissions.models.sync import CommissionCursor, SyncRun

__all__ = [
    "BankDetails",
    "CommissionCursor",
    "CommissionEntry",
    "CommissionPeriod",
    "CommissionRate",
    "PartnerLock",
    "SyncRun",
]
