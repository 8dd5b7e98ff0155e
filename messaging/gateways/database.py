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
            sys.stdout.write(f"SMS to {message.phone} from {message.sender}: {message.text}\n")
            sys.stdout.flush()
        return ""
