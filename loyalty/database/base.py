"""`ENGINE = "loyalty.database"`."""

import select
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base

TRUSTED_SECONDS = 10


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, without the round trip that CONN_HEALTH_CHECKS costs every request.

    A server that ends a connection says so or closes it, and then the socket has something to read: an idle connection
    with nothing to read that answered a moment ago still stands. Everything else is asked as Django asks.
    """

    _answered_at = float("-inf")
    # Of `loyalty.database.prepared`.
    kept_cursor: "psycopg.Cursor[Any] | None" = None

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        now = time.monotonic()
        if not self.errors_occurred and now - self._answered_at < TRUSTED_SECONDS and self._is_silent():
            return True
        if not super().is_usable():
            return False
        self._answered_at = now
        return True

    def _is_silent(self) -> bool:
        try:
            watch = select.poll()
            watch.register(self.connection.fileno(), select.POLLIN)
            return not watch.poll(0)
        except (OSError, psycopg.Error):
            return False
