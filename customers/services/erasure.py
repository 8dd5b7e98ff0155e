"""Forgetting a person, and what partners know of them. What was booked stays booked and leads to nobody."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from customers.choices import OtpPurpose
from customers.events import CustomerErased
from customers.models import Customer, OneTimeCode, Person, QrLoginSession
from customers.selectors.account import subject_of
from customers.services.email_proof import TEMPLATE
from customers.services.one_time_codes import prove_code, use_code
from customers.services.persons import end_sessions
from loyalty import events
from loyalty.contributions import Subject, erase_subject
from loyalty.errors import ValidationFailed
from loyalty.models import LoginSession
from loyalty.services import audit
from loyalty.services.audit import Actor
from messaging.services.emails import erase_address
from partners.models import Partner

# Whoever logged in a moment ago has just proved the phone; later a stolen token must not be enough.
FRESH = timedelta(minutes=10)
CONTACT = ("name", "email", "phone", "external_id", "language")


def erase_own_account(
    *, person: Person, session_id: uuid.UUID, code: str | None, at: datetime, partner: Partner | None = None
) -> None:
    """Forget the person who asks, with everything that can be forgotten of their customers.

    A log-in of the last ten minutes or a code of purpose `verify` proves that it is them. Raises ValidationFailed
    without either, OtpInvalid, OtpExpired, OtpMaxAttempts.
    """
    proven = None
    if code is not None:
        proven = prove_code(phone=person.phone or "", purpose=OtpPurpose.VERIFY, code=code, partner=partner, at=at)
    elif not LoginSession.objects.filter(pk=session_id, created_at__gt=at - FRESH).exists():
        raise ValidationFailed(
            errors={"otp": [_("Log in anew, or ask for a code of type 'verify' and send it here: this is for good.")]}
        )
    with transaction.atomic():
        if proven is not None:
            use_code(proven=proven, at=at)
        erase_person(actor=Actor("person", person.pk), person=person, reason="", at=at)


@transaction.atomic
def erase_person(*, actor: Actor, person: Person, reason: str, at: datetime) -> Person:
    """Forget a person for good; doing it twice changes nothing. An empty row stays for what names it."""
    locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if locked.erased_at is not None:
        return locked
    counts = erase_subject(subject_of(locked), actor=actor, at=at)
    OneTimeCode.objects.filter(phone=locked.phone).delete()
    QrLoginSession.objects.filter(person=locked).delete()
    end_sessions(locked, at)
    LoginSession.objects.filter(person_id=locked.pk).delete()
    if locked.email is not None and locked.email_verified_at is None:
        # Not an address of theirs that others know of; what was mailed to it for their sake goes all the same.
        erase_address(address=locked.email, partner_id=None, template=TEMPLATE)
    locked.phone = locked.email = locked.email_verified_at = locked.phone_verified_at = locked.last_login_at = None
    locked.name, locked.preferences, locked.is_active, locked.erased_at = "", {}, False, at
    locked.save()
    changes = {f"erased.{name}": (None, count) for name, count in counts.items() if count}
    audit.record(actor=actor, action="person.erased", target=locked, changes=changes, reason=reason, at=at)
    return locked


def erase_customers(subject: Subject, *, actor: Actor, at: datetime) -> int:
    """Empty what partners know of the subject. Runs last, because the others look them up by it."""
    erased = 0
    for customer in (
        Customer.objects.select_for_update(no_key=True).filter(pk__in=subject.all_customer_ids).order_by("pk")
    ):
        before = audit.snapshot(customer, CONTACT)
        customer.name = customer.language = ""
        customer.email = customer.phone = customer.external_id = customer.person = None
        customer.is_active = False
        customer.save()
        changes = audit.difference(before, audit.snapshot(customer, CONTACT))
        audit.record(
            actor=Actor("system") if actor.kind == "person" else actor,
            action="customer.erased",
            target=customer,
            partner_id=customer.partner_id,
            changes=changes,
            at=at,
        )
        events.publish(CustomerErased(customer.partner_id, customer.pk, actor, at))
        erased += 1
    return erased


def export_customers(subject: Subject) -> dict[str, object]:
    """What partners know of the subject."""
    fields = ("id", "partner_id", "partner__name", *CONTACT, "source", "joined_at", "updated_at")
    return {"customers": list(Customer.objects.filter(pk__in=subject.all_customer_ids).order_by("pk").values(*fields))}
