"""Fixtures of the ledger's tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import transaction


@pytest.fixture
def undone() -> Callable[[], AbstractContextManager[None]]:
    """A block whose database work is undone: one example of a property test does not see the last one's rows."""

    @contextmanager
    def block() -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return block
