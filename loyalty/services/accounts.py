"""Proving who somebody is by e-mail and password, and what ends every token of a user."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from loyalty.errors import AuthRequired, InsufficientPermissions, InvalidCredentials
from loyalty.models import LoginSession, User
from loyalty.selectors.accounts import find_user
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.tokens import (
    ADMIN_REALM,
    REFRESH_LIFETIME,
    TokenPair,
    close_session,
    open_session,
    read_access,
    session_of_refresh,
)

SHORT_SESSION = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class AdminLogin:
    """A platform staff member with fresh tokens."""

    user: User
    tokens: TokenPair


@cache
def _nobodys_password() -> str:
    return make_password(secrets.token_urlsafe(32))


def prove_password(*, email: str, password: str) -> User:
    """The active user with this e-mail and password. Raises InvalidCredentials.

    An unknown address costs one password hash like a known one, so that the time taken tells nothing.
    """
    user = find_user(email)
    if user is None or not user.has_usable_password():
        check_password(password, _nobodys_password())
        raise InvalidCredentials
    if not user.check_password(password) or not user.is_active:
        raise InvalidCredentials
    return user


def session_length(*, remember: bool) -> timedelta:
    """How long a log-in can be refreshed: a month, or a working day where the device is not one's own."""
    return REFRESH_LIFETIME if remember else SHORT_SESSION


def log_in_admin(*, email: str, password: str, remember: bool, at: datetime) -> AdminLogin:
    """Log platform staff in. Raises InvalidCredentials, or InsufficientPermissions for everybody else."""
    user = prove_password(email=email, password=password)
    if not user.is_staff:
        raise InsufficientPermissions
    lifetime = session_length(remember=remember)
    return AdminLogin(user, open_session(user=user, realm=ADMIN_REALM, partner_id=None, at=at, lifetime=lifetime))


def log_out(*, realm: str, access: str | None, refresh: str | None, at: datetime) -> None:
    """End the session that either token belongs to. Raises AuthRequired without one, InvalidToken or TokenExpired."""
    if refresh:
        close_session(session_id=session_of_refresh(refresh, realm), realm=realm, at=at)
    elif access:
        close_session(session_id=read_access(access, realm).session_id, realm=realm, at=at)
    else:
        raise AuthRequired


@transaction.atomic
def set_password(*, actor: Actor, user: User, password: str, at: datetime, reason: str = "") -> User:
    """A new password (already validated), which ends every session of the user and every reset link."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(password)
    user.save(update_fields=["password"])
    _end_sessions(user, at)
    audit.record(actor=actor, action="user.password_changed", target=user, reason=reason, at=at)
    return user


@transaction.atomic
def end_every_session(*, actor: Actor, user: User, at: datetime, reason: str = "") -> User:
    """Log a user out everywhere: what disabling somebody or a lost device calls for."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _end_sessions(user, at)
    audit.record(actor=actor, action="user.logged_out_everywhere", target=user, reason=reason, at=at)
    return user


def _end_sessions(user: User, at: datetime) -> None:
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    LoginSession.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
    user.refresh_from_db(fields=["token_version"])
