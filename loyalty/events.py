"""Facts that go up: a lower app publishes, a higher one subscribes.

Subscribers run in process, inside the publisher's transaction, and do database work only. Whatever is slow or outside
goes through `loyalty.OutboxEvent`.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E")
_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event: type[E], handler: Callable[[E], None]) -> None:
    """Call `handler` for every published `event`; registering twice has no further effect."""
    if handler not in _subscribers[event]:
        _subscribers[event].append(handler)


def is_heard(*kinds: type) -> bool:
    """Whether anybody asked for one of these kinds: only then must such a fact share the transaction of its cause."""
    return any(_subscribers.get(kind) for kind in kinds)


def publish(event: object) -> None:
    """Hand a fact to those who asked for its kind."""
    for handler in _subscribers[type(event)]:
        handler(event)
