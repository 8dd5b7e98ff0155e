"""A prepared statement answers what Django's own cursor would, in everything but its cost."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DataError, InternalError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from loyalty.database.prepared import fetch_row

pytestmark = pytest.mark.django_db(transaction=True)
MOMENT = datetime(2026, 11, 23, 10, 30, 0, 123456, tzinfo=UTC)
ECHO = "SELECT %s::bigint, %s::bigint, %s::text, %s::text, %s::numeric, %s::timestamptz, %s::uuid, %s::boolean"
VALUES = (7, 2**40, "ąž'\\\"", None, Decimal("12.50"), MOMENT, UUID(int=5), True)
KNOWN = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%::bigint, $2::bigint%%'"


def _known() -> int:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [])
        return cursor.fetchone()[0]


def _terminate(process: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    finally:
        connection.close()


def test_values_come_back_as_they_went_and_as_a_cursor_brings_them() -> None:
    prepared = fetch_row(ECHO, VALUES)
    with CaptureQueriesContext(connection) as captured:
        watched = fetch_row(ECHO, VALUES)
    assert prepared == watched == VALUES
    assert [type(one) for one in prepared] == [type(one) for one in watched]
    assert prepared[5].tzinfo == watched[5].tzinfo == UTC
    assert len(captured) == 1


def test_the_server_keeps_the_statement_from_its_first_time_on() -> None:
    connection.close()
    connection.settings_dict["OPTIONS"]["prepare_threshold"] = 5
    for _ in range(3):
        fetch_row(ECHO, VALUES)
    assert _known() == 1


def test_behind_a_pooler_nothing_is_prepared() -> None:
    connection.close()
    kept = connection.settings_dict["OPTIONS"].pop("prepare_threshold")
    try:
        assert fetch_row(ECHO, VALUES) == VALUES
        assert _known() == 0
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"]["prepare_threshold"] = kept


def test_a_broken_transaction_is_refused_and_a_rolled_back_one_keeps_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE prepared_notes (text text)")
    try:
        with transaction.atomic():
            assert fetch_row("INSERT INTO prepared_notes VALUES (%s) RETURNING text", ["lost"]) == ("lost",)
            transaction.set_rollback(True)
            with pytest.raises(transaction.TransactionManagementError):
                fetch_row("SELECT %s", [1])
        assert fetch_row("SELECT count(*) FROM prepared_notes", []) == (0,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE prepared_notes")


def test_no_row_is_none() -> None:
    assert fetch_row("SELECT 1 WHERE %s", [False]) is None


def test_errors_are_django_s_and_the_connection_works_on() -> None:
    with pytest.raises(DataError) as caught:
        fetch_row(ECHO, [*VALUES[:6], "x", True])
    assert caught.value.__cause__.sqlstate == "22P02"
    with pytest.raises((DataError, InternalError)):
        fetch_row(ECHO, [7, 8, "a\x00b", *VALUES[3:]])
    assert fetch_row(ECHO, VALUES) == VALUES


def test_a_connection_that_the_server_ended_is_an_operational_error_and_then_replaced() -> None:
    process = fetch_row("SELECT pg_backend_pid()", [])[0]
    killer = threading.Thread(target=_terminate, args=(process,))
    killer.start()
    killer.join()
    connection.health_check_enabled = False  # as within one request
    with pytest.raises(OperationalError):
        fetch_row(ECHO, VALUES)
    connection.close_if_unusable_or_obsolete()
    assert fetch_row(ECHO, VALUES) == VALUES
    assert fetch_row("SELECT pg_backend_pid()", [])[0] != process
