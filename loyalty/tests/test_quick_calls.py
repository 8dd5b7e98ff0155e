"""A quick call to a database function is a cursor's call in everything but its cost."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from loyalty.database.quick import call

pytestmark = pytest.mark.django_db(transaction=True)
MOMENT = datetime(2026, 11, 23, 10, 30, 0, 123456, tzinfo=UTC)
VALUES = (7, 2**40, "ąž'\\\"", None, Decimal("12.50"), MOMENT, UUID(int=5), True)


@pytest.fixture(autouse=True)
def _functions() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION quick_echo(a bigint, b bigint, c text, d text, e numeric, f timestamptz, g uuid,"
            " h boolean,"
            " OUT a1 bigint, OUT b1 bigint, OUT c1 text, OUT d1 text, OUT e1 numeric, OUT f1 timestamptz,"
            " OUT g1 uuid, OUT h1 boolean) LANGUAGE sql AS 'SELECT a, b, c, d, e, f, g, h';"
            "CREATE TABLE quick_notes (text text);"
            "CREATE FUNCTION quick_note(word text) RETURNS bigint LANGUAGE sql"
            " AS 'INSERT INTO quick_notes VALUES (word); SELECT count(*) FROM quick_notes'"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION quick_echo; DROP FUNCTION quick_note; DROP TABLE quick_notes")


def _notes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM quick_notes")
        return cursor.fetchone()[0]


def test_values_come_back_as_they_went_and_as_a_cursor_brings_them() -> None:
    quick = call("quick_echo", *VALUES)
    with CaptureQueriesContext(connection) as captured:
        watched = call("quick_echo", *VALUES)
    assert quick == watched == VALUES
    assert [type(one) for one in quick] == [type(one) for one in watched]
    assert len(captured) == 1


def test_outside_of_a_transaction_it_stays() -> None:
    call("quick_note", "kept")
    connection.close()
    assert _notes() == 1


def test_inside_of_a_transaction_it_goes_with_it() -> None:
    with transaction.atomic():
        call("quick_note", "lost")
        transaction.set_rollback(True)
    assert _notes() == 0


def test_errors_are_django_s_and_the_connection_works_on() -> None:
    with pytest.raises(DataError) as caught:
        call("quick_echo", *("x" if index == 6 else value for index, value in enumerate(VALUES)))
    assert caught.value.__cause__.sqlstate == "22P02"
    with pytest.raises(DataError):
        call("quick_note", "a\x00b")
    assert call("quick_note", "fine") == (1,)


def test_a_connection_that_the_server_ended_is_an_operational_error_and_then_replaced() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = cursor.fetchone()[0]
    killer = threading.Thread(target=_terminate, args=(process,))
    killer.start()
    killer.join()
    connection.health_check_enabled = False  # as within one request
    with pytest.raises(OperationalError):
        call("quick_note", "never")
    connection.close_if_unusable_or_obsolete()
    assert call("quick_note", "after") == (1,)


def test_other_threads_go_on_while_one_waits_for_the_database() -> None:
    waiting = threading.Thread(target=_sleep)
    waiting.start()
    begun, turns = time.monotonic(), 0
    while waiting.is_alive():
        turns += 1
        time.sleep(0.01)
    assert time.monotonic() - begun >= 0.25
    assert turns > 10


def _terminate(process: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    finally:
        connection.close()


def _sleep() -> None:
    try:
        call("pg_sleep", 0.3)
    finally:
        connection.close()
