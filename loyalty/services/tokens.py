"""Log-in sessions and their tokens.

JWTs are made and read with simplejwt's backend (HS256, one audience and issuer per realm). What simplejwt leaves open
is closed here: a refresh token works once (a repeat within ten seconds gets the same pair, for a lost reply);
using an older one revokes the whole session; a new password, a disabled user or a log-out ends every token at once.
"""

import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken

from loyalty.errors import InvalidToken, TokenExpired
from loyalty.models import LoginSession, User

ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=30)
REPEAT_GRACE = timedelta(seconds=10)
MOST_PROVED = 4_096
PARTNER_REALM = "partner"
ADMIN_REALM = "admin"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a log-in or refresh answers; `expires_in` is the access token's life in seconds."""

    access: str
    refresh: str
    expires_in: int = int(ACCESS_LIFETIME.total_seconds())


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says; whether it still holds is for the database to say."""

    user_id: int
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


def _encode(session: LoginSession, jti: str, at: datetime) -> TokenPair:
    backend = _realm(session.realm).backends[0]
    shared = {"sub": str(session.user_id), "sid": str(session.id), "iat": at, "pid": session.partner_id}
    access = backend.encode(
        {**shared, "typ": "access", "tv": session.token_version, "jti": f"a{jti}", "exp": at + ACCESS_LIFETIME}
    )
    refresh = backend.encode({**shared, "typ": "refresh", "jti": jti, "exp": session.expires_at})
    return TokenPair(access=access, refresh=refresh)


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
    jti = uuid.uuid4().hex
    session = LoginSession.objects.create(
        user=user,
        realm=realm,
        partner_id=partner_id,
        token_version=user.token_version,
        current=_digest(jti),
        rotated_at=at,
        created_at=at,
        expires_at=at + lifetime,
    )
    User.objects.filter(pk=user.pk).update(last_login=at)
    return _encode(session, jti, at)


def refresh_session(*, token: str, realm: str, at: datetime) -> TokenPair:
    """Exchange a refresh token for the next pair. Raises InvalidToken or TokenExpired."""
    payload = _decode(token, realm, "refresh")
    pair = _rotate(payload, realm, at.replace(microsecond=0))
    if pair is None:
        raise InvalidToken
    return pair


@transaction.atomic
def _rotate(payload: dict[str, Any], realm: str, at: datetime) -> TokenPair | None:
    session = (
        LoginSession.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(pk=str(payload.get("sid")), realm=realm, revoked_at=None, expires_at__gt=at)
        .first()
    )
    if session is None or not session.user.is_active or session.user.token_version != session.token_version:
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
            user_id=int(payload["sub"]),
            session_id=uuid.UUID(str(payload["sid"])),
            partner_id=None if payload["pid"] is None else int(payload["pid"]),
            token_version=int(payload["tv"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidToken from error


def close_session(*, session_id: uuid.UUID, at: datetime) -> None:
    """Log out: the access token and its refresh token stop working at once."""
    LoginSession.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=at)


def session_of_refresh(token: str, realm: str) -> uuid.UUID:
    """The session that a refresh token belongs to, for logging out with it. Raises InvalidToken or TokenExpired."""
    return uuid.UUID(str(_decode(token, realm, "refresh")["sid"]))
