"""Noticing that an anonymous sale got its customer: the one change that a recorded sale can see."""

from datetime import datetime

from analytics.models import AttachedReceipt
from ledger.models import Transaction
from ledger.selectors.receipts import SaleReceipt
from ledger.services.reported import Caller, Sale
from loyalty.services.audit import Actor
from partners.models import Partner


class NoteAttached:
    """Follows receipts; sales themselves are found in the feed."""

    def before_sale(self, *, partner: Partner, sale: Sale) -> None:
        """Nothing to lock."""

    def after_sale(self, *, caller: Caller, partner: Partner, sale: Sale, receipt: SaleReceipt, at: datetime) -> None:
        """Nothing to note."""

    def after_attach(self, *, actor: Actor, partner: Partner, sale: Transaction, at: datetime) -> None:
        """In the transaction that attaches, so that no step sees one without the other."""
        AttachedReceipt.objects.create(transaction=sale, partner=partner)
