"""Accounts that keep a line open (SMPP): one holder at a time sends what is due and hears what the provider says."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from messaging.choices import SmsAccountKind
from messaging.gateways.base import Notice
from messaging.gateways.smpp import SmppGateway
from messaging.models import SmsAccount
from messaging.selectors.sms import next_on_line_across_partners
from messaging.services.sms_delivery import deliver_sms
from messaging.services.sms_notices import note_line
from messaging.services.sms_ways import connection_of

LOCK = 0x534D5350  # "SMSP": apart from other users of advisory locks
HEARING = 1.0


def run_line(*, account_id: int, seconds: float, at: datetime) -> int:
    """Send what is due and listen for `seconds`; how many messages were taken up. Nothing where another holds the line.

    Raises UnavailableError where the provider cannot be reached; what could not go out has its pause then.
    """
    account = SmsAccount.objects.select_related("partner").filter(pk=account_id, kind=SmsAccountKind.SMPP).first()
    if account is None:
        return 0
    clock = _Clock(at)
    taken = 0
    while True:
        with _held(account_id) as is_ours:
            if not is_ours:
                return taken
            taken += _hold(account, clock, seconds)
        # Whoever came while we were letting go found the line held, and left the message to us.
        if next_on_line_across_partners(account_id=account_id, at=clock.now()) is None:
            return taken


class _Clock:
    """The moment that was passed in, going on."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.began = time.monotonic()

    @property
    def passed(self) -> float:
        return time.monotonic() - self.began

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.passed)


def _hold(account: SmsAccount, clock: _Clock, seconds: float) -> int:
    def hear(notice: Notice) -> bool:
        return note_line(account=account, notice=notice, at=clock.now())

    taken = 0
    with SmppGateway(connection_of(account), hear) as line:
        while True:
            while (pk := next_on_line_across_partners(account_id=account.pk, at=clock.now())) is not None:
                deliver_sms(sms_message_id=pk, at=clock.now(), way=line)
                taken += 1
            left = seconds - clock.passed
            if left <= 0:
                return taken
            line.listen(min(HEARING, left))


@contextmanager
def _held(account_id: int) -> Iterator[bool]:
    """The account's line is ours alone. A lock of the session: a holder that dies lets go with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK, str(account_id)])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK, str(account_id)])
