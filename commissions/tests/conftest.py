"""Fixtures of the commission's tests."""

import pytest

from ledger.selectors import feed


@pytest.fixture
def feed_sees_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test is one transaction that never ends, so the feed would wait for it."""
    for name in ("_NEXT", "_END", "_NEWS"):
        statement = getattr(feed, name).replace("< pg_snapshot_xmin(pg_current_snapshot())", "IS NOT NULL")
        monkeypatch.setattr(feed, name, statement)
