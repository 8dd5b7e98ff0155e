"""The addresses that providers call: one for each message and one for each account, which nobody can guess."""

from django.conf import settings
from django.core.signing import BadSignature, Signer

from loyalty.errors import ResourceNotFound
from messaging.models import SmsAccount, SmsMessage

_SALT = "messaging.sms_receipts"
_INBOUND_SALT = "messaging.sms_inbound"


def receipt_url_of(message: SmsMessage) -> str:
    """Where a provider may say what became of this message."""
    return f"{settings.BASE_URL}/en/sms/receipts/{receipt_token(message.pk)}"


def receipt_token(pk: int) -> str:
    return Signer(salt=_SALT, sep=".").sign(str(pk))


def message_of_token(token: str) -> int:
    """Raises ResourceNotFound for what is not one of our tokens."""
    return _read(token, _SALT)


def inbound_url_of(account: SmsAccount) -> str:
    """Where an account's provider hands on what people write to it."""
    return f"{settings.BASE_URL}/en/sms/inbound/{inbound_token(account.pk)}"


def inbound_token(pk: int) -> str:
    return Signer(salt=_INBOUND_SALT, sep=".").sign(str(pk))


def account_of_token(token: str) -> int:
    """Raises ResourceNotFound for what is not one of our tokens."""
    return _read(token, _INBOUND_SALT)


def _read(token: str, salt: str) -> int:
    try:
        return int(Signer(salt=salt, sep=".").unsign(token))
    except (BadSignature, ValueError) as error:
        raise ResourceNotFound from error
