"""Facts for systems outside: one row beside their cause, and only where somebody listens (decisions 9 and 22).

Each app offers its events here, with the thin data that leaves the platform. Who listens is known by the app that keeps
the endpoints; it is asked once a second at most, so that a fact that nobody wants costs a look into a set.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import orjson
from django.db import transaction

from loyalty import events
from loyalty.database.prepared import fetch_row

REMEMBERED_SECONDS = 1.0
MOST_BYTES = 16_000

# A till waits for it.
_WRITE = """
INSERT INTO loyalty_outboxevent (uid, partner_id, kind, data, occurred_at) VALUES (%s, %s, %s, %s::jsonb, %s)
RETURNING id
"""

# Partner and kind of event.
Wanted = frozenset[tuple[int, str]]


class PartnerFact(Protocol):
    """What every event that is told outside has."""

    @property
    def partner_id(self) -> int: ...
    @property
    def at(self) -> datetime: ...


E = TypeVar("E", bound=PartnerFact)


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event that can be listened to: its name outside, what it says, and what its data look like."""

    name: str
    text: Any
    example: Mapping[str, Any]


_kinds: dict[str, EventKind] = {}
_readers: list[Callable[[], Wanted]] = []
_waking: list[Callable[[], None]] = []
_memory: tuple[Wanted, float] = (frozenset(), 0.0)


def offer_event(
    fact: type[E],
    name: str,
    *,
    text: Any,
    data: Callable[[E], Mapping[str, Any]],
    example: Mapping[str, Any],
    when: Callable[[E], bool] | None = None,
) -> None:
    """Tell a published fact outside under this name; `when` says which of its kind.

    Called once, when an app is ready. One fact may be told under several names.
    """
    is_new = name not in _kinds
    _kinds[name] = EventKind(name, text, example)
    if not is_new:
        return

    def tell(event: E) -> None:
        if is_listened_to(event.partner_id, name) and (when is None or when(event)):
            record_event(partner_id=event.partner_id, kind=name, data=data(event), at=event.at)

    events.subscribe(fact, tell, only=lambda partner_id: is_listened_to(partner_id, name))


def list_event_kinds() -> list[EventKind]:
    """Everything that can be listened to, by name."""
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def record_event(*, partner_id: int, kind: str, data: Mapping[str, Any], at: datetime) -> None:
    """Write the event down if somebody listens; the caller's transaction makes it true, or makes it vanish."""
    if not is_listened_to(partner_id, kind):
        return
    written = orjson.dumps(dict(data))
    if len(written) > MOST_BYTES:
        raise ValueError(f"the data of {kind} are not thin")
    fetch_row(_WRITE, (uuid.uuid4(), partner_id, kind, written.decode(), at))
    for wake in _waking:
        transaction.on_commit(wake)


def is_listened_to(partner_id: int, *kinds: str) -> bool:
    """Whether an endpoint of this partner wants one of these kinds, as of a second ago at most."""
    global _memory  # noqa: PLW0603 - one memory for the process
    wanted, until = _memory
    now = time.monotonic()
    if now >= until:
        wanted = frozenset().union(*(read() for read in _readers))
        _memory = (wanted, now + REMEMBERED_SECONDS)
    return bool(wanted) and any((partner_id, kind) in wanted for kind in kinds)


def register_listeners(*, read: Callable[[], Wanted], wake: Callable[[], None]) -> None:
    """Be asked which partners listen to what, and be told after a commit that something waits."""
    if read not in _readers:
        _readers.append(read)
        _waking.append(wake)


def forget_listeners() -> None:
    """Ask anew who listens: now, and once more when the change at hand is committed."""
    remember_listeners(frozenset(), seconds=0.0)
    transaction.on_commit(lambda: remember_listeners(frozenset(), seconds=0.0))


def remember_listeners(wanted: Wanted, *, seconds: float) -> None:
    """Take this for the answer for so long."""
    global _memory  # noqa: PLW0603 - one memory for the process
    _memory = (wanted, time.monotonic() + seconds)
