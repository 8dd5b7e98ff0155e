"""Reading SMS messages."""

from datetime import datetime

from messaging.choices import SmsStatus
from messaging.models import SmsMessage


def list_waiting_across_partners(*, at: datetime, most: int = 500) -> list[int]:
    """Ids of messages whose turn has come: never tried, put back after a failure, or left by a sender that died."""
    waiting = SmsMessage.objects.filter(status__in=[SmsStatus.QUEUED, SmsStatus.SENDING], due_at__lte=at)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:most])
