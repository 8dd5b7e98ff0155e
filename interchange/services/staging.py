"""The lines of a file in the database, beside the ledger until all is known of them."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import Any

from django.db import connection
from psycopg import Connection

from interchange.rules.orders import OrderBook
from interchange.services.reject_file import RejectFile
from interchange.services.source_file import SourceFile
from ledger.models import TransactionLine
from ledger.services.bulk_load import LINE_COLUMNS, copy_rows

Progress = Callable[[float, int], None]

BATCH = 2_000
PARTS = 20
PAGE = 8192
# Typed as the ledger's columns are: the server has time for that while the file is read, and none when it is written.
_LINES = """
CREATE TEMPORARY TABLE import_line (
    number integer, line integer, product varchar(100), name varchar(255), occurred_at timestamptz, earns boolean,
    quantity numeric(12, 3), price numeric(14, 4), total numeric(14, 2)
) ON COMMIT DROP
"""
_ORDERS = "CREATE TEMPORARY TABLE import_order (number integer, transaction_id bigint) ON COMMIT DROP"
# Lines that are equal in everything the file says; customer and shop are equal within an invoice anyway.
_EQUAL = """
SELECT coalesce(sum(equal - 1), 0)::bigint FROM (
    SELECT count(*) AS equal FROM import_line JOIN import_order USING (number)
    GROUP BY number, product, name, occurred_at, quantity, price
) AS lines
"""
_WRITE = f"""
INSERT INTO {TransactionLine._meta.db_table} ({", ".join(LINE_COLUMNS)})
SELECT o.transaction_id, %(partner)s, l.line, l.product, l.name, '', '', l.quantity, l.price, l.total, l.earns
FROM import_line l JOIN import_order o USING (number)
WHERE l.ctid >= %(since)s::tid AND l.ctid < %(until)s::tid
"""  # noqa: S608 - names of our own


def open_staging() -> None:
    """Make the tables, and give the session time and memory for them until the transaction ends."""
    with connection.cursor() as cursor:
        for setting in ("statement_timeout = 0", "lock_timeout = 0", "work_mem = '64MB'", "jit = off"):
            cursor.execute(f"SET LOCAL {setting}")
        cursor.execute(_LINES)
        cursor.execute(_ORDERS)


def close_staging() -> None:
    """Drop the tables now: the caller's transaction may go on."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE import_line, import_order")


def stage_lines(*, source: SourceFile, book: OrderBook, rejects: RejectFile, progress: Progress) -> int:
    """Copy every accepted line into the staging table, note every refused one; how many there were in all."""
    read, batch = 0, []
    with connection.cursor() as cursor, cursor.copy("COPY import_line FROM STDIN") as copy:
        for at, record in source.records():
            read += 1
            line = book.add(record)
            if isinstance(line, str):
                rejects.add(at, line, record)
                continue
            order, number, article, occurred_at, earns, figures = line
            batch.append(f"{order}\t{number}\t{article}\t{occurred_at}\t{earns}\t{figures}\n")
            if len(batch) == BATCH:
                copy.write("".join(batch))
                batch.clear()
                progress(source.done, read)
        copy.write("".join(batch))
    progress(1.0, read)
    return read


def store_transactions(*, transactions: Mapping[int, int]) -> None:
    """Which transaction each order became. Lines of other orders (recorded before) are left where they are."""
    copy_rows(table="import_order", columns=("number", "transaction_id"), rows=transactions.items())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE import_order")


def start_counting_equal_lines(beside: Executor) -> "Future[int]":
    """Have lines of new orders counted that repeat another line of their order.

    The server does it while we compute; until it is done the connection has time for nothing else.
    """
    return beside.submit(_count_equal_lines, connection.connection)


def _count_equal_lines(session: "Connection[Any]") -> int:
    # Django's connection belongs to the thread that opened it; psycopg's may be lent.
    counted = session.execute(_EQUAL).fetchone()
    return 0 if counted is None else counted[0]


def write_lines(*, partner_id: int, progress: Progress) -> int:
    """Cart lines of the new orders, part by part; the transactions stand in the ledger already."""
    written = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('import_line')")
        pages = cursor.fetchone()[0] // PAGE
        step = max(1, -(-pages // PARTS))
        for first in range(0, pages, step):
            since, until = f"({first},0)", f"({first + step},0)"
            cursor.execute(_WRITE, {"partner": partner_id, "since": since, "until": until})
            written += cursor.rowcount
            progress(min(1.0, (first + step) / pages), written)
    return written
