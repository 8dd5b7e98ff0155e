"""What every test stands on: a Redis database of its own worker, emptied for each test, and no way to the outside."""

import os
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.conf import settings

FIRST_DATABASE = 2  # 0 and 1 are the platform's own cache and queue


def _own_database(url: str) -> str:
    """Tests run side by side on one server: worker gw3 gets a database that no other one empties."""
    number = FIRST_DATABASE + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    address, _, query = url.partition("?")
    if address.startswith("unix:"):
        return f"{address}?{urlencode({**dict(parse_qsl(query)), 'db': number})}"
    return urlsplit(url)._replace(path=f"/{number}").geturl()


settings.REDIS_URL = settings.CACHES["default"]["LOCATION"] = _own_database(settings.REDIS_URL)
settings.PASSWORD_HASHERS = ["loyalty.tests.hashers.QuickArgon2"]
settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    from loyalty.limits.limiter import default_limiter

    default_limiter().link.client.flushdb()
    # A test that took Redis away may have left its breaker open.
    default_limiter().breaker.succeeded()


@pytest.fixture(autouse=True)
def _ask_about_staff_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list takes the same queries in each second; what a token's second of memory does, its own tests say."""
    from partners.api import staff

    monkeypatch.setattr(staff, "REMEMBERED_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _nobody_listens() -> None:
    """Who listens to events is asked once a second, and must not be in the middle of a count of queries."""
    from loyalty.services import outbox

    outbox.remember_listeners(frozenset(), seconds=3600.0)


@pytest.fixture(autouse=True, scope="session")
def _stay_inside() -> Iterator[None]:
    """A test that reaches for another machine fails instead."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test reached for {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[assignment, method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
