"""A forgotten password: a link by e-mail that works once, for an hour."""

from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from loyalty.errors import InvalidResetLink, TemporarilyUnavailable, ValidationFailed
from loyalty.models import User
from loyalty.selectors.accounts import find_user
from loyalty.services.accounts import set_password
from loyalty.services.audit import Actor
from loyalty.services.jobs import start_after_commit


class ResetTokens(PasswordResetTokenGenerator):
    """Django's generator (password, last log-in, e-mail), and whatever ends the tokens of a user ends the link too."""

    key_salt = "loyalty.services.passwords.ResetTokens"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.token_version}{user.is_active}"


tokens = ResetTokens()


def request_password_reset(*, email: str) -> None:
    """Have a link sent, if somebody active has this address. The work done here is the same if nobody has."""
    user = find_user(email)
    is_known = user is not None and user.is_active
    start_after_commit("loyalty.send_password_reset", is_vital=True, user_id=user.pk if user and is_known else None)


def send_password_reset(*, user_id: int | None) -> None:
    """Write the mail with the link, in the user's language. Raises TemporarilyUnavailable while mail is down."""
    user = None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    # The address of this deployment, never the Host header of whoever asked: that would hand the link to a stranger.
    link = f"{settings.BASE_URL}/account/reset/{uid}/{tokens.make_token(user)}/"
    values = {"user": user, "link": link, "minutes": settings.PASSWORD_RESET_TIMEOUT // 60}
    with translation.override(user.language):
        folder = "loyalty/email/password_reset"
        subject = " ".join(render_to_string(f"{folder}.subject.txt", values).split())
        mail = EmailMultiAlternatives(subject, render_to_string(f"{folder}.txt", values), to=[user.email])
        mail.attach_alternative(render_to_string(f"{folder}.html", values), "text/html")
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        raise TemporarilyUnavailable(retry_after=60) from error


def user_of_link(*, uid: str, token: str) -> User:
    """Whose link this is. Raises InvalidResetLink once it is used, too old, or was never ours."""
    try:
        pk = int(urlsafe_base64_decode(uid))
    except (ValueError, OverflowError) as error:
        raise InvalidResetLink from error
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or not tokens.check_token(user, token):
        raise InvalidResetLink
    return user


@transaction.atomic
def reset_password(*, uid: str, token: str, password: str, at: datetime) -> User:
    """Set a new password by link, once. Raises InvalidResetLink, or ValidationFailed naming `password`."""
    user = user_of_link(uid=uid, token=token)
    # Two uses of one link at the same time: the second waits here and then finds it used.
    User.objects.select_for_update().get(pk=user.pk)
    user = user_of_link(uid=uid, token=token)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationFailed(errors={"password": error.messages}) from error
    return set_password(actor=Actor("user", user.pk), user=user, password=password, at=at)
