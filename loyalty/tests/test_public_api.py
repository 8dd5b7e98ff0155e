"""What anybody may ask."""

import time
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from loyalty.limits.limiter import Limiter
from loyalty.selectors import health


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_looked_at", float("-inf"))
    monkeypatch.setattr(
        health, "_known", {"database": health.Component("unknown"), "cache": health.Component("unknown")}
    )


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a server that is not there, for every new connection."""
    monkeypatch.setitem(connections.settings["default"], "HOST", "127.0.0.1")
    monkeypatch.setitem(connections.settings["default"], "PORT", "1")


@pytest.mark.django_db
def test_health_says_how_everything_is_without_asking_the_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/health")
    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert (data["status"], data["version"], data["environment"]) == ("ok", "0.1.0", "production")
    assert data["timestamp"].endswith("Z")
    assert {name: one["status"] for name, one in data["components"].items()} == {
        "api": "ok",
        "database": "ok",
        "cache": "ok",
    }


@pytest.mark.django_db
def test_health_is_outside_the_limits_and_never_counted() -> None:
    client = Client()
    answers = [client.get("/health") for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    assert "X-RateLimit-Limit" not in answers[0]


@pytest.mark.django_db
def test_health_answers_in_milliseconds_while_the_database_is_away(no_database: None) -> None:
    Client().get("/health")
    health.check_now()
    client = Client()
    started = time.perf_counter()
    answers = [client.get("/health") for _ in range(20)]
    each = (time.perf_counter() - started) / 20
    data = answers[-1].json()["data"]
    assert (answers[-1].status_code, data["status"], data["components"]["database"]["status"]) == (
        200,
        "degraded",
        "failed",
    )
    assert each < 0.5


@pytest.mark.django_db
def test_it_is_ready_with_database_and_migrations() -> None:
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "ok")


@pytest.mark.django_db
def test_it_is_not_ready_without_database_and_says_so_within_two_seconds(no_database: None) -> None:
    started = time.perf_counter()
    answer = Client().get("/health/ready")
    assert time.perf_counter() - started < 2
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "TEMPORARILY_UNAVAILABLE", "5")
    assert answer.json()["success"] is False
    assert answer.json()["data"]["components"]["database"]["status"] == "failed"


@pytest.mark.django_db
def test_a_database_that_does_not_answer_in_time_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> health.Component:
        time.sleep(0.4)
        return health.Component("ok")

    monkeypatch.setattr(health, "DEADLINE", 0.05)
    monkeypatch.setattr(health, "_database", slow)
    answer = Client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["data"]["components"]["database"] == {"status": "failed", "message": "no answer in time"}
    time.sleep(0.5)


@pytest.mark.django_db
def test_it_is_not_ready_while_migrations_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = health._migrations() | {("loyalty", "9999_from_tomorrow")}
    monkeypatch.setattr(health, "_migrations", lambda: expected)
    answer = Client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["data"]["components"]["database"]["message"] == "1 migrations are missing"


@pytest.mark.django_db
def test_it_is_ready_without_redis_because_sales_go_on(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(health, "default_limiter", lambda: Limiter("redis://127.0.0.1:1/0"))
    answer = Client().get("/health/ready")
    data = answer.json()["data"]
    assert (answer.status_code, data["status"], data["components"]["cache"]["status"]) == (200, "degraded", "failed")


@pytest.mark.django_db
def test_error_codes_are_listed_with_status_and_sentence() -> None:
    answer = Client().get("/en/error-codes")
    codes = answer.json()["data"]
    assert codes["PARTNER_NOT_FOUND"] == {"status": 404, "message": "There is no such partner."}
    assert codes["VALIDATION_ERROR"]["number"] == 1100
    seed = {
        "PARTNER_NOT_FOUND": 404,
        "INSUFFICIENT_PARTNER_PERMISSIONS": 403,
        "COMMISSION_LOCKED": 409,
        "QUOTA_EXCEEDED": 429,
        "STORE_ACCESS_DENIED": 403,
    }
    assert {code: codes[code]["status"] for code in seed} == seed


@pytest.mark.django_db
def test_the_document_and_its_readers_come_from_this_host_alone() -> None:
    client = Client()
    schema = client.get("/api/schema")
    assert schema.status_code == 200
    assert b"/{locale}/partners/auth/login" in schema.content
    assert client.get("/api/schema?format=json").json()["openapi"].startswith("3.")
    for path in ("/api/docs", "/api/redoc"):
        page = client.get(path)
        assert page.status_code == 200
        assert "/api/schema" in page.content.decode()
        assert "//cdn" not in page.content.decode()
        assert "fonts.googleapis" not in page.content.decode()
        assert page["Content-Security-Policy"].startswith("default-src 'self'")


@pytest.mark.django_db(transaction=True)
def test_looking_leaves_no_connection_behind() -> None:
    def others() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])

    before = others()
    for _ in range(5):
        assert health.check_now()["database"].status == "ok"
    # PostgreSQL takes a moment to end the process of a closed connection.
    until = time.monotonic() + 60
    while others() > before and time.monotonic() < until:
        time.sleep(0.02)
    assert others() == before


def test_an_address_with_line_breaks_is_answered_in_the_envelope() -> None:
    answer = Client().get("/%0A/shop/qr-card/status/1%0D%0A")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json()["code"] == "ENDPOINT_NOT_FOUND"
