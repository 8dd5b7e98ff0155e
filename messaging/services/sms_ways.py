"""Which gateway brings a message out: that of its account, or the platform's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from loyalty.services.sealing import unseal
from messaging.choices import SmsAccountKind
from messaging.gateways.base import Connection, SmsGateway, SmsNotTakenError, default_gateway
from messaging.gateways.database import DatabaseGateway
from messaging.gateways.http import HttpGateway
from messaging.gateways.smpp import SmppGateway
from messaging.models import SmsAccount


@contextmanager
def way_out(account: SmsAccount | None, *, opened: SmsGateway | None = None) -> Iterator[SmsGateway]:
    """A gateway for the messages of this account. Raises SmsNotTakenError or SmsSendFailed where there is none."""
    if opened is not None:
        yield opened
    elif account is None or account.kind == SmsAccountKind.PLATFORM:
        yield default_gateway()
    elif account.kind == SmsAccountKind.DATABASE:
        if not settings.SMS_SHOWS_CODES:
            raise SmsNotTakenError("not in production")
        yield DatabaseGateway()
    elif account.kind == SmsAccountKind.HTTP:
        yield HttpGateway(connection_of(account))
    else:
        with SmppGateway(connection_of(account)) as gateway:
            yield gateway


def connection_of(account: SmsAccount) -> Connection:
    """How its provider is reached. Raises SmsNotTakenError where something is missing."""
    password = None if account.sealed_password is None else unseal(bytes(account.sealed_password))
    if account.missing or password is None:
        raise SmsNotTakenError("not set up")
    return Connection(
        base_url=account.base_url,
        host=account.host,
        port=account.port,
        is_tls=account.is_tls,
        username=account.username,
        password=password,
        connection_timeout=account.connection_timeout,
        bind_timeout=account.bind_timeout,
    )
