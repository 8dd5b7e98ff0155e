"""Reading users and their sessions."""

from django.db.models.functions import Lower

from loyalty.errors import InvalidToken
from loyalty.models import LoginSession, User
from loyalty.services.tokens import AccessClaims


def find_user(email: str) -> User | None:
    """The user with this e-mail address, whatever its case (through the unique index on it)."""
    return User.objects.alias(lowered=Lower("email")).filter(lowered=email.strip().lower()).first()


def get_admin(claims: AccessClaims) -> User:
    """The platform staff member behind a token, as they are now. Raises InvalidToken."""
    session = (
        LoginSession.objects.select_related("user")
        .filter(pk=claims.session_id, user_id=claims.subject_id, revoked_at=None, token_version=claims.token_version)
        .first()
    )
    user = None if session is None else session.user
    if user is None or not user.is_active or not user.is_staff or user.token_version != claims.token_version:
        raise InvalidToken
    return user
