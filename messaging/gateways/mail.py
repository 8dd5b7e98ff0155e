"""Handing one mail to Django's mail backend, and telling refusals that last from those that pass."""

from contextlib import suppress
from email.utils import parseaddr
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection

from loyalty.errors import TemporarilyUnavailable
from messaging.models import EmailMessage

PERMANENT = 500


class MailRefusedError(Exception):
    """No attempt will ever succeed; its text says why and is shown in the back office."""


def send_mail(email: EmailMessage) -> None:
    """Hand a mail over. Raises MailRefusedError where trying again is useless, else TemporarilyUnavailable."""
    try:
        _hand_over(email)
    except SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()), (PERMANENT, b""))
        raise _refusal(code, text) from error
    except (SMTPSenderRefused, SMTPDataError) as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except SMTPNotSupportedError as error:
        raise MailRefusedError(str(error)) from error
    except (OSError, SMTPException) as error:
        # The server is away, or does not take our password: nothing that this mail is to blame for.
        why = str(error.smtp_code) if isinstance(error, SMTPResponseException) else type(error).__name__
        raise TemporarilyUnavailable(retry_after=60, why=why) from error
    except (BadHeaderError, UnicodeError) as error:
        raise MailRefusedError("its headers cannot be written") from error


def _hand_over(email: EmailMessage) -> None:
    connection = get_connection()
    try:
        connection.open()
        if not connection.send_messages([as_mail(email)]):
            raise TemporarilyUnavailable(retry_after=60, why="not taken")
    finally:
        # Once a mail is taken, a farewell that fails must not have it sent again.
        with suppress(OSError, SMTPException):
            connection.close()


def as_mail(email: EmailMessage) -> EmailMultiAlternatives:
    """The mail as it goes out, with the headers of its kind."""
    headers = {"Message-ID": email.message_id, "Auto-Submitted": "auto-generated"}
    if email.unsubscribe_url:
        headers |= {
            "List-Unsubscribe": f"<{email.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    mail = EmailMultiAlternatives(
        email.subject,
        email.text,
        from_email=email.sender,
        to=[email.to],
        reply_to=[email.reply_to] if email.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(email.html, "text/html")
    return mail


def domain_of(sender: str) -> str:
    """The domain that a sender's message ids belong to."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def _refusal(code: int, text: bytes | str) -> Exception:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    if code >= PERMANENT:
        return MailRefusedError(f"{code} {' '.join(shown.split())}")
    return TemporarilyUnavailable(retry_after=60, why=str(code))
