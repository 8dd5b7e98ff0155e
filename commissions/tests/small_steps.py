"""The Celery application of the tests that kill workers: a few sales a step, so that there is a middle to die in."""

from typing import Any

from celery.signals import worker_process_init

from loyalty.celery import app

CHUNK = 4


@worker_process_init.connect
def _take_small_steps(**_: Any) -> None:
    from commissions.services.sync import accrue_partner  # noqa: PLC0415 - when the apps are ready

    accrue_partner.__kwdefaults__["chunk"] = CHUNK


__all__ = ["app"]
