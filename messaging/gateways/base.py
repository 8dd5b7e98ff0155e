"""What sends an SMS. `settings.SMS_GATEWAY` names the platform's own; a partner's account may have another."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from messaging.errors import SmsSendFailed


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out.

    `reference` stays the same when a message is tried again after a reply was lost: a provider that can refuse
    duplicates is told by it. `receipt_url` is where a provider that calls may say what became of the message.
    """

    reference: str
    sender: str
    phone: str
    text: str
    minutes: int = 1440
    receipt_url: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """How a provider is reached; the password is in clear here and nowhere else."""

    base_url: str = ""
    host: str = ""
    port: int = 0
    is_tls: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    connection_timeout: float = 10.0
    bind_timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider says without being asked: of a message of ours (`external_id`), or a text that somebody sent us
    (`phone`).
    """

    status: str = ""
    external_id: str = ""
    error: str = ""
    phone: str = ""
    text: str = ""
    at: datetime | None = None


class SmsRefusedError(Exception):
    """The provider will never send this message; its text says why and is shown in the back office."""


class SmsNotTakenError(SmsSendFailed):
    """It certainly did not reach the provider, or was sent back: trying again cannot send it twice.

    Any other UnavailableError leaves open whether the provider has it. `reason` is a short word of ours, never
    something that the other side said.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()


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
