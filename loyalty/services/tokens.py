"""Log-in sessions and their tokens.

JWTs are made and read with simplejwt's backend (HS256, one audience and issuer per realm). What simplejwt leaves open
is closed here: a refresh token works once (a repeat within ten seconds gets the same pair, for a lost reply);
using an older one revokes the whole session; a new password, a disabled user or a log-out ends every token at once.

A session belongs to a user of ours or to a person who buys. The kernel knows no persons: they are an id, and whoever
refreshes their session says how to ask whether it still holds.
"""

import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken

from loyalty.errors import InvalidToken, TokenExpired
from loyalty.models import LoginSession, User
from loyalty.services.standing import announce_change

ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=30)
REPEAT_GRACE = timedelta(seconds=10)
MOST_PROVED = 4_096
PARTNER_REALM = "partner"
ADMIN_REALM = "admin"
CUSTOMER_REALM = "customer"
ACCESS_LIFETIMES = {CUSTOMER_REALM: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a log-in or refresh answers; `expires_in` is the access token's life in seconds."""

    access: str
    refresh: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says; whether it still holds is for the database to say.

    `subject_id` is a user's id in the realms of staff and platform, a person's in that of customers.
    """

    subject_id: int
    session_id: uuid.UUID
    partner_id: int | None
    token_version: int


def _backends(realm: str) -> list[TokenBackend]:
    keys = [settings.JWT_SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS]
    return [TokenBackend("HS256", key, audience=f"loyalty:{realm}", issuer=f"loyalty/{realm}") for key in keys]


@dataclass(frozen=True, slots=True)
class _Realm:
    """The backends of a realm, and which access tokens they have proved: claims and end of life by SHA-256."""

    backends: list[TokenBackend]
    proved: dict[bytes, tuple[AccessClaims, float]]


_cache: dict[str, _Realm] = {}


def _realm(name: str) -> _Realm:
    if name not in _cache:
        _cache[name] = _Realm(_backends(name), {})
    return _cache[name]


def _decode(token: str, realm: str, kind: str) -> dict[str, Any]:
    error: type[InvalidToken | TokenExpired] = InvalidToken
    for backend in _realm(realm).backends:
        try:
            payload = backend.decode(token)  # type: ignore[arg-type]  # its stubs say Token, it takes text
        except TokenBackendExpiredToken:
            error = TokenExpired
        except TokenBackendError:
            continue
        else:
            if payload.get("typ") != kind or "exp" not in payload:
                raise InvalidToken
            return payload
    raise error


def access_lifetime(realm: str) -> timedelta:
    """How long an access token of this realm lives (decision 12)."""
    return ACCESS_LIFETIMES.get(realm, ACCESS_LIFETIME)


def _shared(session: LoginSession, at: datetime) -> dict[str, Any]:
    subject = session.person_id if session.user_id is None else session.user_id
    return {"sub": str(subject), "sid": str(session.id), "iat": at, "pid": session.partner_id}


def _access(session: LoginSession, jti: str, at: datetime) -> str:
    expires = at + access_lifetime(session.realm)
    return (
        _realm(session.realm)
        .backends[0]
        .encode(
            {**_shared(session, at), "typ": "access", "tv": session.token_version, "jti": f"a{jti}", "exp": expires}
        )
    )


def _encode(session: LoginSession, jti: str, at: datetime) -> TokenPair:
    refresh = (
        _realm(session.realm)
        .backends[0]
        .encode({**_shared(session, at), "typ": "refresh", "jti": jti, "exp": session.expires_at})
    )
    return TokenPair(_access(session, jti, at), refresh, int(access_lifetime(session.realm).total_seconds()))


def _digest(jti: str) -> bytes:
    return hashlib.sha256(jti.encode()).digest()


def _child(jti: str) -> str:
    """The id that follows: derived, so that a repeated exchange can answer with the very same pair."""
    return hmac.new(settings.JWT_SIGNING_KEY.encode(), jti.encode(), hashlib.sha256).hexdigest()[:32]


@transaction.atomic
def open_session(
    *, user: User, realm: str, partner_id: int | None, at: datetime, lifetime: timedelta = REFRESH_LIFETIME
) -> TokenPair:
    """A new family of tokens for somebody who has just proved who they are."""
    at = at.replace(microsecond=0)
    owner = {"user": user, "token_version": user.token_version, "partner_id": partner_id}
    session, jti = _open(realm, at, lifetime, **owner)
    User.objects.filter(pk=user.pk).update(last_login=at)
    return _encode(session, jti, at)


@transaction.atomic
def open_person_session(
    *, person_id: int, token_version: int, partner_id: int | None = None, at: datetime
) -> TokenPair:
    """A new family of tokens for a person who has just proved their phone.

    With `partner_id` every token of the family is good at that partner only, for as long as it is refreshed.
    """
    at = at.replace(microsecond=0)
    owner = {"person_id": person_id, "token_version": token_version, "partner_id": partner_id}
    return _encode(*_open(CUSTOMER_REALM, at, REFRESH_LIFETIME, **owner), at)


@transaction.atomic
def open_bound_session(*, person_id: int, token_version: int, partner_id: int, at: datetime) -> LoginSession:
    """What a person grants to a partner's till: good at that partner only, for the life of one access token.

    Nothing refreshes it. Its token is `bound_token(session)`, the same at every call, so that none is ever stored.
    """
    owner = {"person_id": person_id, "token_version": token_version, "partner_id": partner_id}
    at = at.replace(microsecond=0)
    return _open(CUSTOMER_REALM, at, access_lifetime(CUSTOMER_REALM), **owner)[0]


def bound_token(session: LoginSession) -> str:
    """The access token of a bound session."""
    return _access(session, session.id.hex, session.created_at)


def _open(realm: str, at: datetime, lifetime: timedelta, **owner: Any) -> tuple[LoginSession, str]:
    jti = uuid.uuid4().hex
    session = LoginSession.objects.create(
        realm=realm, current=_digest(jti), rotated_at=at, created_at=at, expires_at=at + lifetime, **owner
    )
    return session, jti


def user_holds(session: LoginSession) -> bool:
    """Whether the user of a session may still have tokens."""
    user = session.user
    return user is not None and user.is_active and user.token_version == session.token_version


def refresh_session(
    *, token: str, realm: str, at: datetime, holds: Callable[[LoginSession], bool] = user_holds
) -> TokenPair:
    """Exchange a refresh token for the next pair; `holds` asks the session's owner.

    Raises InvalidToken or TokenExpired.
    """
    payload = _decode(token, realm, "refresh")
    pair = _rotate(payload, realm, at.replace(microsecond=0), holds)
    if pair is None:
        raise InvalidToken
    return pair


@transaction.atomic
def _rotate(
    payload: dict[str, Any], realm: str, at: datetime, holds: Callable[[LoginSession], bool]
) -> TokenPair | None:
    session = (
        LoginSession.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(pk=str(payload.get("sid")), realm=realm, revoked_at=None, expires_at__gt=at)
        .first()
    )
    if session is None or not holds(session):
        return None
    jti, shown = str(payload["jti"]), _digest(str(payload["jti"]))
    if hmac.compare_digest(shown, bytes(session.current)):
        session.previous, session.current, session.rotated_at = session.current, _digest(_child(jti)), at
        session.save(update_fields=["previous", "current", "rotated_at"])
        return _encode(session, _child(jti), at)
    repeated = session.previous is not None and hmac.compare_digest(shown, bytes(session.previous))
    if repeated and at - session.rotated_at <= REPEAT_GRACE:
        return _encode(session, _child(jti), session.rotated_at)
    session.revoked_at = at
    session.save(update_fields=["revoked_at"])
    if realm == PARTNER_REALM:
        announce_change()
    return None


def read_access(token: str, realm: str) -> AccessClaims:
    """The claims of an access token of this realm. Raises InvalidToken or TokenExpired.

    A signature is proved once: the same bytes say the same until they expire.
    """
    proved, digest = _realm(realm).proved, hashlib.sha256(token.encode("utf-8", "replace")).digest()
    known = proved.get(digest)
    if known is not None and time.time() < known[1]:
        return known[0]
    payload = _decode(token, realm, "access")
    claims = _claims(payload)
    if len(proved) >= MOST_PROVED:
        proved.clear()
    proved[digest] = (claims, float(payload["exp"]))
    return claims


def _claims(payload: dict[str, Any]) -> AccessClaims:
    try:
        return AccessClaims(
            subject_id=int(payload["sub"]),
            session_id=uuid.UUID(str(payload["sid"])),
            partner_id=None if payload["pid"] is None else int(payload["pid"]),
            token_version=int(payload["tv"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidToken from error


def close_session(*, session_id: uuid.UUID, realm: str, at: datetime) -> None:
    """Log out: the access token and its refresh token stop working at once."""
    closed = LoginSession.objects.filter(pk=session_id, realm=realm, revoked_at=None).update(revoked_at=at)
    if closed and realm == PARTNER_REALM:
        announce_change()


def session_of_refresh(token: str, realm: str) -> uuid.UUID:
    """The session that a refresh token belongs to, for logging out with it. Raises InvalidToken or TokenExpired."""
    return uuid.UUID(str(_decode(token, realm, "refresh")["sid"]))
