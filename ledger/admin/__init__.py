"""Back office pages of sales and points; of customers and cards too, whose pages show what only the ledger knows."""

from ledger.admin import customers, issued_cards, points, transactions

__all__ = ["customers", "issued_cards", "points", "transactions"]
