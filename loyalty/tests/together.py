"""Doing things at the same moment, each on a connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections


def together(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of `acts` in their order, all begun at once by real threads."""
    barrier = threading.Barrier(len(acts))

    def work(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(60)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(work, acts))
