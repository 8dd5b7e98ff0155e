"""A worker of its own for tests that kill it: sends one message, and waits where it is told to."""

import sys
import time
from typing import Any


def main() -> None:
    """`python -m messaging.tests.sms_worker <id> <before|after>`: hang just before or just after the provider's yes."""
    import django  # noqa: PLC0415

    django.setup()
    from django.utils import timezone  # noqa: PLC0415 - only once it is set up

    from messaging.gateways.http import HttpGateway  # noqa: PLC0415 - only once it is set up
    from messaging.services.sms_delivery import deliver_sms  # noqa: PLC0415 - only once it is set up

    pk, where = int(sys.argv[1]), sys.argv[2]
    send = HttpGateway.send

    def hanging(self: HttpGateway, message: Any) -> str:
        if where == "after":
            send(self, message)
        print("here", flush=True)  # noqa: T201 - the test waits for it
        time.sleep(60)
        return ""

    HttpGateway.send = hanging  # type: ignore[method-assign]
    deliver_sms(sms_message_id=pk, at=timezone.now())


if __name__ == "__main__":
    main()
