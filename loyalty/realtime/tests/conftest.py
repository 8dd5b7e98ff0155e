from collections.abc import Iterator

import pytest
from django.conf import settings

from loyalty.realtime.tests.live import Realtime, running


@pytest.fixture(scope="session")
def realtime() -> Iterator[Realtime]:
    """The server on the tests' own Redis."""
    with running(settings.REDIS_URL) as server:
        yield server
