"""The Celery application of the tests of mail workers: pauses of a second instead of ten."""

from datetime import timedelta
from typing import Any

from celery.signals import worker_process_init

from loyalty.celery import app


@worker_process_init.connect
def _hurry(**_: Any) -> None:
    from messaging.services import emails  # noqa: PLC0415 - when the apps are ready

    emails.FIRST_PAUSE = timedelta(seconds=1)


__all__ = ["app"]
