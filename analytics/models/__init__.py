from analytics.models.cursor import AttachedReceipt, CommissionNews, RollupCursor
from analytics.models.days import CategoryDay, CustomerDay, PartnerDay, PartnerMonth, ShopDay

__all__ = [
    "AttachedReceipt",
    "CategoryDay",
    "CommissionNews",
    "CustomerDay",
    "PartnerDay",
    "PartnerMonth",
    "RollupCursor",
    "ShopDay",
]
