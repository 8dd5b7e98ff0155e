from ledger.models.follower import FollowedPartner
from ledger.models.points import PointsBalance, PointsEntry, PointsLot
from ledger.models.transaction import Transaction, TransactionLine

__all__ = ["FollowedPartner", "PointsBalance", "PointsEntry", "PointsLot", "Transaction", "TransactionLine"]
