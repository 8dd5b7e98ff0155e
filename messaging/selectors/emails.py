"""Reading e-mails."""

from datetime import datetime

from messaging.choices import EmailStatus
from messaging.models import EmailMessage


def list_waiting_emails_across_partners(*, at: datetime, most: int = 500) -> list[int]:
    """Ids of mails whose turn has come: never tried, put back after a failure, or left by a sender that died."""
    waiting = EmailMessage.objects.filter(status__in=[EmailStatus.QUEUED, EmailStatus.SENDING], due_at__lte=at)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:most])
