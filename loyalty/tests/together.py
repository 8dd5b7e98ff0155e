"""Doing things at the same moment, each on a connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import OperationalError, connections


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


def claimed_amid(claim: Callable[[], Any], rival: Callable[[], Any]) -> Any:
    """What `claim` returns, where `rival` comes on another connection between its UPDATE and its SELECT."""
    states = {"updated": False, "done": False}

    def lose() -> None:
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
            rival()
        except OperationalError:
            pass  # it had to wait: the row is still held
        finally:
            connections.close_all()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if states["updated"] and not states["done"] and sql.startswith("SELECT"):
            states["done"] = True
            thread = threading.Thread(target=lose)
            thread.start()
            thread.join(20)
        result = execute(sql, params, many, context)
        states["updated"] |= sql.startswith("UPDATE")
        return result

    with connections["default"].execute_wrapper(watch):
        result = claim()
    assert states["done"]
    return result
