from ledger.models.points import PointsBalance, PointsEntry, PointsLot
from ledger.models.transaction import Transaction, TransactionLine

__all__ = ["PointsBalance", "PointsEntry", "PointsLot", "Transaction", "TransactionLine"]
