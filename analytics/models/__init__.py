from analytics.models.cursor import AttachedReceipt, CommissionNews, RollupCursor
from analytics.models.days import CategoryDay, CustomerDay, CustomerMonth, PartnerDay, PartnerMonth, ShopDay

__all__ = [
    "AttachedReceipt",
    "CategoryDay",
    "CommissionNews",
    "CustomerDay",
    "CustomerMonth",
    "PartnerDay",
    "PartnerMonth",
    "RollupCursor",
    "ShopDay",
]
