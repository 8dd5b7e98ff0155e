"""Log-in at a till by QR code: `pending → scanned → authenticated`, or cancelled, failed or expired.

The till shows the picture and listens; the person's app scans and confirms. Whoever comes by the app locks the person,
then the session; so two confirmations at once are one.
"""

from datetime import datetime
from typing import Any, Unpack

from django.db import transaction

from customers.choices import QrLoginStatus
from customers.errors import QrSessionNotFound, QrSessionUsed, UserBlocked
from customers.models import Person, QrLoginSession
from customers.models.qr_login import OPEN
from customers.selectors.qr_logins import KEPT, find_by_pairing, grant_of, list_overdue_across_partners
from customers.services.links import customer_of_person
from customers.services.till_pictures import TillAsks, open_picture
from loyalty.errors import InvalidToken, ResourceExpired
from loyalty.realtime.publish import publish_after_commit
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.tokens import REPEAT_GRACE, open_bound_session
from partners.errors import PartnerNotActive


def open_qr_login(*, at: datetime, **till: Unpack[TillAsks]) -> QrLoginSession:
    """A new picture for a till. Raises ResourceNotFound or StoreAccessDenied for the shop."""
    return open_picture(kind=QrLoginSession, at=at, **till)


@transaction.atomic
def deliver(*, login: QrLoginSession, at: datetime) -> dict[str, Any]:
    """What a poll answers beside the state. The token is delivered once; a repeat within ten seconds gets it again,
    for a reply that was lost (promise D7).
    """
    if login.status != QrLoginStatus.AUTHENTICATED:
        return {}
    grant = grant_of(login, at=at)
    QrLoginSession.objects.filter(pk=login.pk, delivered_at=None).update(delivered_at=at)
    login.refresh_from_db(fields=["delivered_at"])
    if login.delivered_at is not None and at - login.delivered_at > REPEAT_GRACE:
        grant |= {"token": None, "expires_in": 0}
    return grant


@transaction.atomic
def scan(*, person: Person, code: str, at: datetime) -> QrLoginSession:
    """A person's app has read the picture: the till shows that somebody is there. Scanning again changes nothing.

    Raises QrSessionNotFound, ResourceExpired, QrSessionUsed.
    """
    login = _lock(person, code, at)
    if login.status == QrLoginStatus.PENDING:
        _scanned(login, person, at)
        _tell(login)
    return login


def confirm(*, person: Person, code: str, at: datetime) -> QrLoginSession:
    """Log the person in at the till's partner, whose customer they become if they are none yet.

    Confirming again changes nothing. Raises QrSessionNotFound, ResourceExpired, QrSessionUsed; PartnerNotActive; and
    UserBlocked where the partner has closed this customer's account, which the till is told too.
    """
    login = _confirm(person, code, at)
    if login.status == QrLoginStatus.FAILED:
        raise UserBlocked
    return login


@transaction.atomic
def _confirm(person: Person, code: str, at: datetime) -> QrLoginSession:
    login = _lock(person, code, at, repeats=QrLoginStatus.AUTHENTICATED)
    if login.status == QrLoginStatus.AUTHENTICATED:
        return login
    if not login.partner.is_active:
        raise PartnerNotActive
    if login.status == QrLoginStatus.PENDING:
        _scanned(login, person, at)
    customer = customer_of_person(person=person, partner=login.partner, shop_id=login.shop_id, at=at)
    login.customer, login.ended_at = customer, at
    if customer.is_active:
        session = open_bound_session(
            person_id=person.pk, token_version=person.token_version, partner_id=login.partner_id, at=at
        )
        login.login_id, login.status = session.pk, QrLoginStatus.AUTHENTICATED
    else:
        login.status = QrLoginStatus.FAILED
    login.save()
    _record(login, f"qr_login.{login.status}", at)
    _tell(login, **(grant_of(login, at=at) if customer.is_active else {}))
    return login


@transaction.atomic
def reject(*, person: Person, code: str, at: datetime) -> QrLoginSession:
    """The person does not want to log in there. Rejecting again changes nothing.

    Raises QrSessionNotFound, ResourceExpired, QrSessionUsed.
    """
    login = _lock(person, code, at, repeats=QrLoginStatus.CANCELLED)
    if login.status != QrLoginStatus.CANCELLED:
        login.person, login.status, login.ended_at = person, QrLoginStatus.CANCELLED, at
        login.save()
        _record(login, "qr_login.cancelled", at)
        _tell(login)
    return login


def _lock(person: Person, code: str, at: datetime, repeats: str | None = None) -> QrLoginSession:
    """The session behind a picture, if this person may go on with it; `repeats` is the end that may be asked again."""
    held = Person.objects.select_for_update(no_key=True).filter(pk=person.pk, is_active=True).first()
    if held is None or held.token_version != person.token_version:
        raise InvalidToken
    rows = find_by_pairing(code, at=at).select_for_update(of=("self",)).select_related("partner", "shop", "customer")
    login = rows.first()
    if login is None:
        raise QrSessionNotFound
    if login.status_at(at) == QrLoginStatus.EXPIRED:
        raise ResourceExpired
    if login.person_id not in {None, person.pk} or login.status not in {*OPEN, repeats}:
        raise QrSessionUsed
    return login


def _scanned(login: QrLoginSession, person: Person, at: datetime) -> None:
    login.person, login.status, login.scanned_at = person, QrLoginStatus.SCANNED, at
    login.save()


def _tell(login: QrLoginSession, **more: Any) -> None:
    state = {"session_id": str(login.session_id), "status": login.status, "expires_at": login.expires_at, **more}
    publish_after_commit(f"qr-login.{login.session_id}", "status_update", state, keep_seconds=300)


def _record(login: QrLoginSession, action: str, at: datetime) -> None:
    audit.record(
        actor=Actor("customer", login.customer_id) if login.customer_id else Actor("person"),
        action=action,
        target=login,
        partner_id=login.partner_id,
        changes={"status": (None, login.status)},
        at=at,
    )


def expire_qr_logins(*, at: datetime) -> int:
    """Tell the tills whose time is over, and forget sessions that nobody asks for any more; how many expired."""
    overdue = list_overdue_across_partners(at=at)
    for pk in overdue:
        _expire(pk, at)
    QrLoginSession.objects.filter(expires_at__lte=at - KEPT).delete()
    return len(overdue)


@transaction.atomic
def _expire(pk: int, at: datetime) -> None:
    rows = QrLoginSession.objects.select_for_update(skip_locked=True).filter(pk=pk, status__in=OPEN)
    login = rows.first()
    if login is not None:
        login.status, login.ended_at = QrLoginStatus.EXPIRED, at
        login.save()
        _tell(login)
