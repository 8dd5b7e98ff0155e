"""Reading e-mails."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from messaging.choices import EmailStatus, Purpose
from messaging.models import EmailMessage
from partners.models import Partner


def list_waiting_emails_across_partners(*, at: datetime, most: int = 500) -> list[int]:
    """Ids of mails whose turn has come: never tried, put back after a failure, or left by a sender that died."""
    waiting = EmailMessage.objects.filter(status__in=[EmailStatus.QUEUED, EmailStatus.SENDING], due_at__lte=at)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:most])


def count_emails(*, to: str, template: str, since: datetime) -> int:
    """How many mails of one of the platform's own templates an address got since then."""
    return EmailMessage.objects.filter(
        partner=None, to=to.strip().lower(), template=template, queued_at__gt=since
    ).count()


def emails_of(partner: Partner) -> QuerySet[EmailMessage]:
    """The mails that were sent in connection with a partner and to nobody's customer."""
    return EmailMessage.objects.filter(partner=partner, purpose=Purpose.SERVICE)


def list_emails(*, partner: Partner, narrowed: QuerySet[EmailMessage], page: Page) -> tuple[list[EmailMessage], int]:
    """One page of mails, newest first, and how many there are."""
    rows = narrowed.filter(partner=partner)
    shown = rows.defer("text", "html").order_by("-pk")[page.offset : page.offset + page.size]
    return list(shown), rows.count()


def get_email(*, partner: Partner, email_id: int) -> EmailMessage:
    """One mail. Raises ResourceNotFound, for another partner's too."""
    found = emails_of(partner).filter(pk=email_id).first()
    if found is None:
        raise ResourceNotFound(errors={"email_id": [_("There is no such e-mail.")]})
    return found
