"""Reading reports to partners' own addresses."""

from datetime import datetime

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from messaging.choices import SmsReceiptState
from messaging.models import SmsReceipt

# Of one partner at a time: an address that answers slowly must not hold up the others'.
MOST_OF_ONE = 20


def list_waiting_receipts_across_partners(*, at: datetime, most: int = 200) -> list[int]:
    """Ids of reports whose turn has come, oldest first, of each partner only some."""
    due = SmsReceipt.objects.filter(state=SmsReceiptState.WAITING, due_at__lte=at)
    numbered = due.annotate(place=Window(RowNumber(), partition_by=F("partner_id"), order_by=[F("due_at"), F("pk")]))
    return list(numbered.filter(place__lte=MOST_OF_ONE).order_by("place", "due_at").values_list("pk", flat=True)[:most])
