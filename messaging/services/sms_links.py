"""The addresses that providers call: one for each message, which nobody can guess."""

from django.conf import settings
from django.core.signing import BadSignature, Signer

from loyalty.errors import ResourceNotFound
from messaging.models import SmsMessage

_SALT = "messaging.sms_receipts"


def receipt_url_of(message: SmsMessage) -> str:
    """Where a provider may say what became of this message."""
    return f"{settings.BASE_URL}/en/sms/receipts/{receipt_token(message.pk)}"


def receipt_token(pk: int) -> str:
    return Signer(salt=_SALT, sep=".").sign(str(pk))


def message_of_token(token: str) -> int:
    """Raises ResourceNotFound for what is not one of our tokens."""
    try:
        return int(Signer(salt=_SALT, sep=".").unsign(token))
    except (BadSignature, ValueError) as error:
        raise ResourceNotFound from error
