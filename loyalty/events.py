"""Facts that go up: a lower app publishes, a higher one subscribes.

Subscribers run in process, inside the publisher's transaction, and do database work only. Whatever is slow or outside
goes through `loyalty.OutboxEvent`.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E")
# Whether a subscriber has ears for a partner; who has none for it need not be waited for.
Only = Callable[[int], bool]
_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
_only: dict[Callable[[Any], None], Only] = {}


def subscribe(event: type[E], handler: Callable[[E], None], *, only: Only | None = None) -> None:
    """Call `handler` for every published `event`; registering twice has no further effect.

    One that does nothing for most partners says for which it does by `only`.
    """
    if handler not in _subscribers[event]:
        _subscribers[event].append(handler)
        if only is not None:
            _only[handler] = only


def is_heard(*kinds: type, partner_id: int) -> bool:
    """Whether anybody acts on one of these kinds: only then must such a fact share the transaction of its cause."""
    return any(
        handler not in _only or _only[handler](partner_id) for kind in kinds for handler in _subscribers.get(kind, ())
    )


def publish(event: object) -> None:
    """Hand a fact to those who asked for its kind."""
    for handler in _subscribers[type(event)]:
        handler(event)
