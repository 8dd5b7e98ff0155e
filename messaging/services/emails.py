"""E-mail: written down with what needs it, brought out afterwards.

`queued → sending → sent | failed`, each step one conditional UPDATE, so that tasks that run twice or side by side send
a mail once. A sender that dies in between leaves `sending`; when its lease is over the mail is tried again, under the
same Message-ID.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from loyalty.errors import TemporarilyUnavailable, UnavailableError, ValidationFailed
from loyalty.services.jobs import start_after_commit
from messaging.choices import Channel, EmailStatus, Purpose
from messaging.errors import EmailConsentMissing
from messaging.gateways.mail import MailRefusedError, domain_of, send_mail
from messaging.models import EmailMessage
from messaging.rules.letters import write_letter
from messaging.rules.placeholders import one_line
from messaging.selectors.consents import list_consents
from messaging.selectors.templates import find_texts, get_look
from messaging.services.unsubscribing import unsubscribe_url
from partners.models import Partner

# Nobody else touches a mail for so long. A talk with a server has a dozen steps, each ends after EMAIL_TIMEOUT (20 s at
# most); one that is fed drop by drop never times out, so the task is killed before the lease is over (TALK).
LEASE = timedelta(minutes=5)
TALK = LEASE - timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
USEFUL = timedelta(days=3)
EMPTY = {"to": "", "subject": "", "text": "", "html": "", "unsubscribe_url": "", "error": ""}
OPEN = (EmailStatus.QUEUED, EmailStatus.SENDING)


@transaction.atomic
def queue_email(
    *,
    partner: Partner | None,
    to: str,
    template: str,
    values: Mapping[str, Any],
    language: str,
    purpose: str = Purpose.SERVICE,
    at: datetime,
) -> EmailMessage:
    """Have a mail sent once this transaction is committed; its words are settled now.

    Values that are translated when they are read (lazy texts) are read in the language that the mail is written in.
    Raises MessageTemplateNotFound, ValidationFailed for an address that is none, and EmailConsentMissing for marketing
    to somebody who did not agree.
    """
    address = _address(to)
    if purpose == Purpose.MARKETING and not agrees(partner, address):
        raise EmailConsentMissing
    texts = find_texts(partner=partner, code=template, language=language)
    known = {
        "platform_name": settings.PLATFORM_NAME,
        "partner_name": settings.PLATFORM_NAME if partner is None else partner.name,
    }
    is_marketing = purpose == Purpose.MARKETING
    way_out = unsubscribe_url(partner=partner, address=address) if partner and is_marketing else ""
    letter = write_letter(texts, {**known, **values}, get_look(partner), unsubscribe_url=way_out)
    sender = _sender(partner.name if partner and is_marketing else settings.PLATFORM_NAME)
    email = EmailMessage.objects.create(
        partner=partner,
        template=template,
        purpose=purpose,
        language=texts.language,
        to=address,
        sender=sender,
        reply_to=partner.contact_email if partner and is_marketing else settings.SUPPORT_EMAIL,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        unsubscribe_url=way_out,
        message_id=f"<{uuid.uuid4()}@{domain_of(sender)}>",
        queued_at=at,
        due_at=at,
        expires_at=at + USEFUL,
    )
    start_after_commit("messaging.send_email", email_id=email.pk)
    return email


def deliver_email(*, email_id: int, at: datetime) -> EmailMessage | None:
    """Send a mail that is due; None where there is nothing to do.

    Raises TemporarilyUnavailable to be tried again, which says after how many seconds.
    The mail server is asked outside any transaction.
    """
    email = _claim(email_id, at)
    if email is None:
        return None
    if at >= email.expires_at:
        return _change(email, status=EmailStatus.FAILED, error=email.error or "too late")
    if email.purpose == Purpose.MARKETING and not agrees(email.partner, email.to):
        return _change(email, status=EmailStatus.FAILED, error="no consent")
    try:
        send_mail(email)
    except MailRefusedError as refusal:
        return _change(email, status=EmailStatus.FAILED, error=str(refusal)[:200])
    except UnavailableError as error:
        pause = min(FIRST_PAUSE * 2 ** min(email.attempts - 1, 20), LONGEST_PAUSE)
        why = str(error.details.get("why", error.code))
        _change(email, status=EmailStatus.QUEUED, due_at=at + pause, error=why[:200])
        raise TemporarilyUnavailable(retry_after=round(pause.total_seconds()), why=why) from error
    return _change(email, status=EmailStatus.SENT, sent_at=at, error="")


@transaction.atomic
def _claim(pk: int, at: datetime) -> EmailMessage | None:
    """The mail as it was claimed: its row is held until it is read, or its number might be the next one's."""
    due = EmailMessage.objects.filter(pk=pk, status__in=OPEN, due_at__lte=at)
    if not due.update(status=EmailStatus.SENDING, attempts=F("attempts") + 1, due_at=at + LEASE):
        return None
    return EmailMessage.objects.select_related("partner").get(pk=pk)


def _change(email: EmailMessage, **values: object) -> EmailMessage:
    """Only by the attempt that holds the mail: one whose lease is over has been overtaken."""
    held = EmailMessage.objects.filter(pk=email.pk, status=EmailStatus.SENDING, attempts=email.attempts)
    if held.update(**values):
        for name, value in values.items():
            setattr(email, name, value)
    else:
        email.refresh_from_db()
    return email


def agrees(partner: Partner | None, address: str) -> bool:
    """Whether the newest answer of this address to marketing of this partner by e-mail is a yes."""
    if partner is None:
        return False
    answers = list_consents(partner=partner, addresses={address})
    return answers.get((Channel.EMAIL, Purpose.MARKETING, address), False)


def _address(to: str) -> str:
    address = to.strip().lower()
    try:
        if not address.isprintable():
            raise ValidationError("")
        validate_email(address)
    except ValidationError as error:
        raise ValidationFailed(errors={"to": [_("Enter a valid e-mail address.")]}) from error
    return address


def _sender(name: str) -> str:
    """This platform's address, under the name of whoever speaks."""
    shown = one_line(name, 60).translate(str.maketrans("", "", '"\\<>'))
    return f'"{shown}" <{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}>'


def forget_emails(*, at: datetime, keep: timedelta = timedelta(days=90)) -> int:
    """Empty address and words of mails that are long done; how many. That one was sent, and what kind, stays known."""
    old = EmailMessage.objects.filter(queued_at__lt=at - keep).exclude(status__in=OPEN).exclude(to="", text="")
    return old.update(**EMPTY)


def erase_address(*, address: str, partner_id: int | None, template: str | None = None) -> int:
    """Forget what one partner, or the platform itself, wrote to this address; of one `template` if it is named."""
    emails = EmailMessage.objects.filter(to=address.strip().lower()).filter(
        Q(partner=None) if partner_id is None else Q(partner_id=partner_id)
    )
    if template is not None:
        emails = emails.filter(template=template)
    # One that still waits for its turn would go out to nobody: it ends here.
    emails.filter(status__in=OPEN).update(status=EmailStatus.FAILED, error="erased")
    return emails.update(**EMPTY)
