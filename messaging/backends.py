"""Mail that stays here."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend as Console

from messaging.models import SentEmail


class KeepInDatabase(Console):
    """For demos and development: keeps every mail for the back office and shows it on the console, sends nothing."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            SentEmail.objects.create(
                to=", ".join(message.recipients())[:500],
                sender=message.from_email[:254],
                subject=message.subject[:998],
                body=str(message.body),
            )
        return super().send_messages(email_messages) or 0
