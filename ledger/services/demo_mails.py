"""Mails to each demo partner: one in words of its own, and one that failed and can be sent again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from loyalty.services.audit import SYSTEM
from messaging.choices import EmailStatus
from messaging.models import EmailMessage, MessageTemplate
from messaging.services.emails import queue_email
from messaging.services.partner_emails import email_partner
from partners.models import Partner

CODE = "documents_requested"
BODY = (
    "Laba diena,\n\n„{{ partner_name }}“ komanda, mums dar trūksta dokumentų:\n\n{{ message }}\n\n{{ attachments }}\n\n"
    "Atsakykite į šį pranešimą partnerių portale arba paskambinkite savo vadybininkei."
)


class MailsDemo:
    """What the demo shows of e-mails."""

    def load(self, *, partner: Partner, key: str, at: datetime, say: Callable[[str], None]) -> None:
        """A text of the partner's own and two mails, once."""
        if MessageTemplate.objects.filter(partner=partner).exists():
            return
        with transaction.atomic():
            _load(partner, at)
        say(f"{partner.name}: two e-mails and a text of its own")

    def handover(self, *, partner: Partner, at: datetime) -> dict[str, Any]:
        """Nothing: the back office shows it."""
        return {}


def _load(partner: Partner, at: datetime) -> None:
    MessageTemplate.objects.create(
        partner=partner, code=CODE, language="lt", subject="Trūksta dokumentų: {{ subject }}", body=BODY
    )
    email_partner(
        actor=SYSTEM,
        partner=partner,
        subject="Sutartis kitiems metams",
        message="Atsiųskite pasirašytą sutartį ir įmonės registracijos išrašą.",
        template=CODE,
        at=at,
    )
    failed = queue_email(
        partner=partner,
        to=f"buhalterija.{partner.contact_email}",
        template="custom",
        values={"subject": "Sąskaita už spalį", "message": "Laba diena,\n\nprimename apie neapmokėtą sąskaitą."},
        language="lt",
        at=at - timedelta(days=1),
    )
    EmailMessage.objects.filter(pk=failed.pk).update(
        status=EmailStatus.FAILED, attempts=1, error="550 5.1.1 no such mailbox"
    )
