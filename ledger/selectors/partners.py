"""What the ledger knows of a partner as a whole."""

from ledger.models import Transaction
from partners.models import Partner


def has_sales(partner: Partner) -> bool:
    """Whether anything was ever sold (one look into the index)."""
    return Transaction.objects.filter(partner=partner).exists()
