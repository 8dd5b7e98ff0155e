"""What sends an SMS. `settings.SMS_GATEWAY` names the class; a new provider is one more module here."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.errors import SmsSendFailed


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out.

    `reference` stays the same when a message is tried again after a reply was lost: a provider that can refuse
    duplicates is told by it.
    """

    reference: str
    sender: str
    phone: str
    text: str


class SmsRefusedError(Exception):
    """The provider will never send this message; its text says why and is shown in the back office."""


class SmsGateway(Protocol):
    """A way out."""

    def send(self, message: Outgoing) -> str:
        """Hand over one message; answers the provider's id for it, or an empty text.

        Raises SmsRefusedError where trying again is useless, any UnavailableError where it may help.
        """
        ...


def default_gateway() -> SmsGateway:
    """The gateway of this deployment. Raises SmsSendFailed where none is set."""
    if not settings.SMS_GATEWAY:
        raise SmsSendFailed
    return _gateway(settings.SMS_GATEWAY)


@lru_cache(maxsize=4)
def _gateway(dotted: str) -> SmsGateway:
    gateway: SmsGateway = import_string(dotted)()
    return gateway
