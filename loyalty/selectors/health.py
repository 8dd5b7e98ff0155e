"""How the servers behind us are doing.

A look happens in a thread with a connection of its own, so that whoever asks never waits longer than they want to: a
network that swallows packets can hold a database driver for minutes.
"""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from redis.exceptions import RedisError

from loyalty.limits.limiter import default_limiter

DEADLINE = 1.8
FRESH_SECONDS = 5.0
FIRST_LOOK = 0.25


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that we need: `ok`, `failed`, or `unknown` before the first look has ended."""

    status: str
    message: str = ""
    latency: float | None = None

    def present(self) -> dict[str, object]:
        """As the wire shows it: only what is known."""
        shown: dict[str, object] = {"status": self.status}
        if self.message:
            shown["message"] = self.message
        if self.latency is not None:
            shown["latency"] = round(self.latency * 1000, 2)
        return shown


_lock = threading.Lock()
_known: dict[str, Component] = {"database": Component("unknown"), "cache": Component("unknown")}
_looked_at = float("-inf")
_look: "Future[None] | None" = None


def last_known() -> dict[str, Component]:
    """What the last look found; starts the next one where that was more than five seconds ago."""
    is_first = _looked_at == float("-inf")
    look = _start_look() if time.monotonic() - _looked_at > FRESH_SECONDS else None
    if is_first and look is not None:
        _wait(look, FIRST_LOOK)
    return dict(_known)


def check_now() -> dict[str, Component]:
    """A look of this moment; what has not answered within the deadline has failed."""
    if _wait(_start_look(), DEADLINE):
        return dict(_known)
    return {**_known, "database": Component("failed", "no answer in time")}


def _wait(look: "Future[None]", seconds: float) -> bool:
    try:
        look.result(seconds)
    except Late:
        return False
    return True


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")


def _start_look() -> "Future[None]":
    """The look that is under way, or a new one."""
    global _look  # noqa: PLW0603 - one state of one process
    with _lock:
        if _look is None or _look.done():
            _look = _executor().submit(_look_around)
        return _look


def _look_around() -> None:
    global _looked_at  # noqa: PLW0603
    _known.update(cache=_cache(), database=_database())
    _looked_at = time.monotonic()


def _database() -> Component:
    started = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except DatabaseError as error:
        return Component("failed", type(error).__name__)
    finally:
        connection.close()
    missing = len(_migrations() - applied)
    if missing:
        return Component("failed", f"{missing} migrations are missing")
    return Component("ok", latency=time.perf_counter() - started)


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _cache() -> Component:
    started = time.perf_counter()
    try:
        default_limiter().link.client.ping()
    except (RedisError, OSError) as error:
        return Component("failed", type(error).__name__)
    return Component("ok", latency=time.perf_counter() - started)
