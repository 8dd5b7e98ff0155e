"""Calling a database function where a cursor would cost as much as the function."""

from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import OperationalError, error_from_result
from psycopg.pq import ConnStatus, ExecStatus


def call(function: str, *arguments: Any) -> tuple[Any, ...]:
    """The one row that `SELECT * FROM function(arguments)` answers, in a transaction of its own outside of any other.

    The cursors of Django and psycopg cost more than half of what such a call costs this process. Inside a transaction,
    or where somebody watches the statements, it is an ordinary cursor all the same.
    """
    simple, bound = _statements(function, len(arguments))
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block or connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(simple, arguments)
            return cursor.fetchone()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        link = connection.connection
        adapter = Transformer(link)
        values = adapter.dump_sequence(arguments, [PyFormat.TEXT] * len(arguments))
        result = link.pgconn.exec_params(bound, values, adapter.types)
        if result.status != ExecStatus.TUPLES_OK:
            if link.pgconn.status == ConnStatus.BAD:
                raise OperationalError(result.get_error_message(link.info.encoding))
            raise error_from_result(result, encoding=link.info.encoding)
        adapter.set_pgresult(result)
        return adapter.load_row(0, tuple)  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _statements(function: str, count: int) -> tuple[str, bytes]:
    bound = ", ".join(f"${number}" for number in range(1, count + 1))
    return f"SELECT * FROM {function}({', '.join(['%s'] * count)})", f"SELECT * FROM {function}({bound})".encode()  # noqa: S608
