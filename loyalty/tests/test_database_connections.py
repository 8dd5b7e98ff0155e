"""A kept connection is asked rarely, and replaced as soon as the server has ended it."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own, as a web worker keeps one from request to request."""
    own = connection.copy()
    own.settings_dict = {**connection.settings_dict, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
    own.ensure_connection()
    yield own
    own.close()


def _next_request(own: BaseDatabaseWrapper) -> int:
    """The server process that answers, after the check that a new request begins with."""
    own.close_if_unusable_or_obsolete()
    with own.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_an_idle_connection_serves_the_next_request(kept: BaseDatabaseWrapper) -> None:
    first = _next_request(kept)
    assert [_next_request(kept) for _ in range(3)] == [first] * 3


def test_a_connection_that_answered_a_moment_ago_is_not_asked_again(
    kept: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    _next_request(kept)
    asked = []
    cursor = psycopg.Connection.cursor
    monkeypatch.setattr(psycopg.Connection, "cursor", lambda *a, **k: asked.append(1) or cursor(*a, **k))
    _next_request(kept)
    assert len(asked) == 1


def test_a_connection_that_the_server_ended_is_replaced_before_the_next_request(kept: BaseDatabaseWrapper) -> None:
    first = _next_request(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
        assert cursor.fetchone() == (True,)
    assert _next_request(kept) != first


def test_after_an_error_the_connection_is_really_asked(
    kept: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _next_request(kept)
    kept.errors_occurred = True
    asked = []
    cursor = psycopg.Connection.cursor
    monkeypatch.setattr(psycopg.Connection, "cursor", lambda *a, **k: asked.append(1) or cursor(*a, **k))
    assert _next_request(kept) == first
    assert len(asked) == 2
