"""Proving that a person reads the e-mail address they gave: a link that only we could have written, mailed to it.

Until then the address is nobody's: no partner gets it, nothing is found by it, and nothing but the link is sent to it.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from customers.choices import CustomerSource
from customers.models import Person
from customers.selectors.persons import list_customers_of_person
from customers.services.customers import update_customer
from loyalty.errors import ResourceAlreadyExists, ResourceExpired, ResourceNotFound
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.sealing import seal, unseal
from messaging.selectors.emails import count_emails
from messaging.services.emails import queue_email

TEMPLATE = "email_proof"
# What else is sealed with the same key is no link.
MARK = "prove-email"
LIFETIME = timedelta(days=3)
# Whoever types somebody else's address must not fill their mailbox, under however many names.
MOST_A_DAY = 3
LOCK = 0x454D4C  # "EML": apart from other users of advisory locks


@transaction.atomic
def ask_for_proof(*, person: Person, at: datetime) -> bool:
    """Mail the link to the address that a person gave; whether it was sent. An address gets three in 24 hours.

    The mail says nothing that the person wrote: its reader may be somebody else.
    """
    if person.email is None or person.email_verified_at is not None:
        return False
    with connection.cursor() as cursor:
        # Whoever names the same address at the same moment waits here, and is counted.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, person.email])
    if count_emails(to=person.email, template=TEMPLATE, since=at - timedelta(hours=24)) >= MOST_A_DAY:
        return False
    values = {"link": proof_url(person=person, at=at)}
    queue_email(partner=None, to=person.email, template=TEMPLATE, values=values, language=person.language, at=at)
    return True


def proof_url(*, person: Person, at: datetime) -> str:
    """The link for one person and the address that they have now; nothing can be read in it."""
    token = seal(f"{MARK}\n{person.pk}\n{int(at.timestamp())}\n{person.email}").decode()
    return f"{settings.BASE_URL}/mail/confirm/{token}"


def read_link(*, token: str, at: datetime) -> tuple[int, str]:
    """Whom and which address a link is about. Raises ResourceNotFound for one not ours, ResourceExpired."""
    found = unseal(token.encode("ascii", "replace"))
    parts = [] if found is None else found.split("\n")
    if len(parts) != 4 or parts[0] != MARK:
        raise ResourceNotFound
    if datetime.fromtimestamp(int(parts[2]), UTC) + LIFETIME <= at:
        raise ResourceExpired
    return int(parts[1]), parts[3]


@transaction.atomic
def prove_email(*, token: str, at: datetime) -> Person:
    """The reader of the mail has opened its link: from now on the address is the person's. Again: nothing changes.

    Partners that came to know the person by the app get it too, where they know no other and nobody else by it.
    Raises ResourceNotFound for a link that is not ours or whose person has another address by now, ResourceExpired.
    """
    person_id, address = read_link(token=token, at=at)
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id, email=address, is_active=True).first()
    if person is None:
        raise ResourceNotFound
    if person.email_verified_at is None:
        person.email_verified_at = at
        person.save(update_fields=["email_verified_at", "updated_at"])
        actor = Actor("person", person.pk)
        changes = {"email_verified_at": (None, at)}
        audit.record(actor=actor, action="person.email_verified", target=person, changes=changes, at=at)
        _tell_partners(person, actor, at)
    return person


def _tell_partners(person: Person, actor: Actor, at: datetime) -> None:
    by_app = list_customers_of_person(person=person).filter(source=CustomerSource.APP, email=None, is_active=True)
    for customer in by_app.order_by("pk"):
        try:
            update_customer(
                actor=actor, partner=customer.partner, customer_id=customer.pk, data={"email": person.email}, at=at
            )
        except ResourceAlreadyExists:
            # The partner knows somebody else by it, and keeps what it was told.
            continue
