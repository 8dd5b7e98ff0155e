"""The way out that stays here: what a demo and a development machine use in place of a provider."""

import sys

from django.conf import settings

from messaging.gateways.base import Outgoing


class DatabaseGateway:
    """Sends nothing: the row that is in the database already is all, the back office shows it.

    On a machine that shows codes (DEBUG or DEMO) the console shows them too, and never on any other: a log would keep
    phone numbers and codes that only their owner may see.
    """

    def send(self, message: Outgoing) -> str:
        if settings.SMS_SHOWS_CODES:
            line = f"SMS to {message.phone} from {message.sender}: {' '.join(message.text.split())}\n"
            sys.stdout.write(line)
            sys.stdout.flush()
            self._tell_run(line)
        return ""

    @staticmethod
    def _tell_run(line: str) -> None:
        """`make run` reads this file and shows its lines on the terminal (loyalty.run.serve)."""
        path = settings.VAR_DIR / "log" / "sms.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
