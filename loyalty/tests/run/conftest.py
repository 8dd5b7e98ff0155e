"""Fixtures for the tests of `loyalty/run`."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty.tests.run.small_checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    found = Checkout(tmp_path / "a checkout, with spaces")
    found.build()
    yield found
    if found.run and found.run.poll() is None:
        found.end(signal.SIGTERM)
