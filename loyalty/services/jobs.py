"""Starting background work: by name, after the commit that made it necessary."""

from functools import partial
from logging import getLogger

from django.db import transaction
from kombu.exceptions import OperationalError

from loyalty.celery import app
from loyalty.errors import TemporarilyUnavailable

logger = getLogger("loyalty.jobs")


def start_after_commit(name: str, *, is_vital: bool = False, **ids: int | str | None) -> None:
    """Hand the task `name` to a worker once this transaction is committed. Arguments are ids, never personal data.

    While the broker is away the work is left to the task's periodic sister; where there is none (`is_vital`), the
    caller is told with TemporarilyUnavailable.
    """
    transaction.on_commit(partial(_start, name, ids, is_vital))


def _start(name: str, ids: dict[str, int | str | None], is_vital: bool) -> None:
    try:
        app.signature(name, kwargs=ids).apply_async(retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("broker", extra={"task": name, "kind": type(error).__name__})
        if is_vital:
            raise TemporarilyUnavailable(retry_after=5) from error
