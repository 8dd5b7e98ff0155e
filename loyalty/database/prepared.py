"""Asking the same statement over and over: the server parses and plans it once a connection, one cursor sends it.

Django merges parameters into the text, so that the server reads every statement anew, and makes two cursors for it. For
a statement that a request consists of, that costs half of what it costs to answer (70 µs of CPU on both sides).
"""

from collections.abc import Sequence
from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.psycopg_any import register_tzloader

from loyalty.database.base import DatabaseWrapper


def fetch_row(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row that a statement answers, as Django's own cursor would bring it.

    Where somebody watches the statements it is that cursor; behind a pooler (CONN_MAX_AGE=0) nothing is prepared.
    """
    connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    if connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as watched:
            watched.execute(statement, parameters)
            return watched.fetchone()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return _cursor(connection).execute(statement, parameters, prepare=True).fetchone()


def _cursor(connection: DatabaseWrapper) -> "psycopg.Cursor[Any]":
    """The connection's one cursor for this; a new connection gets a new one."""
    kept = connection.kept_cursor
    if kept is None or kept.connection is not connection.connection:
        kept = connection.kept_cursor = psycopg.Cursor(connection.connection)
        register_tzloader(connection.timezone, kept)
    return kept
