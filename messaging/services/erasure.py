"""Forgetting whom we wrote to."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from loyalty.contributions import Subject
from loyalty.services.audit import Actor
from messaging.models import Consent, EmailMessage, SentEmail, SmsMessage
from messaging.rules.secret_links import without_secrets
from messaging.services.blackout import black_out_conversations
from messaging.services.emails import erase_address
from messaging.services.sms import erase_phone

SMS_SHOWN = (
    *("partner_id", "purpose", "sender", "phone", "text", "status"),
    *("queued_at", "sent_at", "delivered_at", "failed_at"),
)

EMAILS_SHOWN = ("partner_id", "purpose", "to", "subject", "text", "status", "queued_at", "sent_at")


def erase(subject: Subject, *, actor: Actor, at: datetime) -> int:
    """Empty the messages to a subject. Consents stay as proof that they were given, under a keyed digest.

    What its partners wrote of it to the platform stays too, without the addresses.
    """
    erased = 0 if subject.phone is None else erase_phone(phone=subject.phone, at=at)
    for partner_id, addresses in subject.known.items():
        for address in sorted(addresses):
            consents = Consent.objects.filter(partner_id=partner_id, address=address)
            erased += consents.update(address=_digest(address), proof_ip=None, proof_agent="")
            erased += erase_phone(phone=address, partner_id=partner_id, at=at)
            erased += erase_address(address=address, partner_id=partner_id)
        erased += black_out_conversations(partner_id=partner_id, addresses=addresses)
    if subject.person_id is not None:
        erased += sum(erase_address(address=address, partner_id=None) for address in sorted(subject.addresses))
        for mail in _mails_to(subject.addresses):
            erased += SentEmail.objects.filter(pk=mail.pk).update(to="", subject="", body="")
    return erased


def _mails_to(addresses: Iterable[str]) -> list[SentEmail]:
    """Mails to exactly these addresses: another's may end like one of them."""
    return [
        mail
        for address in addresses
        for mail in SentEmail.objects.filter(to__icontains=address).only("to")
        if address.casefold() in mail.to.casefold().split(", ")
    ]


def export(subject: Subject) -> dict[str, Any]:
    """Consents given at the subject's partners, and messages to the subject.

    Staff hand it out: what only the reader of a mail may open is not in it.
    """
    consents, mails = Q(pk=None), Q(pk=None)
    messages = Q(pk=None) if subject.phone is None else Q(phone=subject.phone)
    for partner_id, addresses in subject.known.items():
        consents |= Q(partner_id=partner_id, address__in=addresses)
        messages |= Q(partner_id=partner_id, phone__in=addresses)
        mails |= Q(partner_id=partner_id, to__in=[address.lower() for address in addresses])
    given = Consent.objects.filter(consents).order_by("pk")
    sms = SmsMessage.objects.filter(messages).order_by("pk")
    emails = EmailMessage.objects.filter(mails).order_by("pk")
    return {
        "consents": list(
            given.values(
                *("partner_id", "channel", "purpose", "address", "is_given", "source", "given_at"),
                *("proof_ip", "proof_agent", "proof_page"),
            )
        ),
        "sms": list(sms.values(*SMS_SHOWN)),
        "emails": [{**mail, "text": without_secrets(mail["text"])} for mail in emails.values(*EMAILS_SHOWN)],
    }


def _digest(address: str) -> str:
    key = settings.AUDIT_FINGERPRINT_KEY.encode()
    return "#" + hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32]
