"""Forgetting whom we wrote to."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings

from loyalty.contributions import Subject
from loyalty.services.audit import Actor
from messaging.models import Consent, SentEmail, SmsMessage
from messaging.services.sms import erase_phone


def erase(subject: Subject, *, actor: Actor, at: datetime) -> int:
    """Empty the messages to a subject. Consents stay as proof that they were given, under a keyed digest."""
    erased = 0
    for address in subject.addresses:
        consents = Consent.objects.filter(partner_id__in=subject.customer_ids.keys(), address=address)
        erased += consents.update(address=_digest(address))
        if subject.person_id is not None:
            erased += erase_phone(phone=address)
            erased += SentEmail.objects.filter(to__icontains=address).update(to="", subject="", body="")
        else:
            for partner_id in subject.customer_ids:
                erased += erase_phone(phone=address, partner_id=partner_id)
    return erased


def export(subject: Subject) -> dict[str, Any]:
    """Consents given at the subject's partners, and messages to the subject."""
    consents = Consent.objects.filter(
        partner_id__in=subject.customer_ids.keys(), address__in=subject.addresses
    ).order_by("pk")
    messages = SmsMessage.objects.filter(phone__in=subject.addresses).order_by("pk")
    if subject.person_id is None:
        messages = messages.filter(partner_id__in=subject.customer_ids.keys())
    return {
        "consents": list(
            consents.values("partner_id", "channel", "purpose", "address", "is_given", "source", "given_at")
        ),
        "sms": list(messages.values("partner_id", "purpose", "phone", "text", "status", "queued_at", "sent_at")),
    }


def _digest(address: str) -> str:
    key = settings.AUDIT_FINGERPRINT_KEY.encode()
    return "#" + hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32]
