"""What higher apps add to the answers and duties of lower ones (decision 21).

An app registers in `AppConfig.ready()`; whoever asks does not know who answers. Two kinds so far: figures, such as the
points in a person's statistics, and subjects, by which every app forgets or hands out what it knows of somebody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loyalty.services.audit import Actor

# --- Figures

Figures = Callable[..., Mapping[str, Any]]
_figures: dict[str, dict[str, tuple[dict[str, Any], Figures]]] = {}


def register_figures(place: str, name: str, *, defaults: Mapping[str, Any], read: Figures) -> None:
    """Answer the keys of `defaults` at `place`: `read` gets what the place hands, for a fixed number of queries."""
    _figures.setdefault(place, {})[name] = (dict(defaults), read)


def read_figures(place: str, **scope: Any) -> dict[str, Any]:
    """What everybody who registered at `place` has to say."""
    found: dict[str, Any] = {}
    for defaults, read in _figures.get(place, {}).values():
        found |= defaults | dict(read(**scope))
    return found


# --- Subjects


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data it is: a person with all their customers, or one customer of one partner.

    `customer_ids` by partner; `addresses` are the phone numbers and e-mail addresses that all of them go by. Whoever
    says so may have the e-mail address of somebody else: at a partner only those `known` there are the subject's. The
    person's own `phone` is proved.
    """

    person_id: int | None
    customer_ids: Mapping[int, tuple[int, ...]]
    addresses: frozenset[str]
    known: Mapping[int, frozenset[str]] = field(default_factory=dict)
    phone: str | None = None

    @property
    def all_customer_ids(self) -> list[int]:
        """The customers of every partner."""
        return sorted(pk for ids in self.customer_ids.values() for pk in ids)


@dataclass(frozen=True, slots=True)
class Handler:
    """How one app forgets a subject, and what it hands out about one."""

    # erase(subject, actor=…, at=…): inside the caller's transaction; the number of rows that were changed.
    erase: Callable[..., int]
    # export(subject): plain values, by the name of what they are.
    export: Callable[[Subject], Mapping[str, Any]]


_subjects: dict[str, Handler] = {}


def register_subject(name: str, *, erase: Callable[..., int], export: Callable[[Subject], Mapping[str, Any]]) -> None:
    """Take part in erasing and exporting what is known of somebody."""
    _subjects[name] = Handler(erase, export)


def nothing_to_erase(subject: Subject, *, actor: Actor, at: datetime) -> int:
    """For apps whose rows lead to somebody only through what others forget."""
    return 0


def erase_subject(subject: Subject, *, actor: Actor, at: datetime) -> dict[str, int]:
    """Let every app forget the subject, in this transaction; how many rows each of them changed.

    What was booked (sales, points, commission) stays booked, and no longer leads to anybody.
    """
    return {name: handler.erase(subject, actor=actor, at=at) for name, handler in reversed(_subjects.items())}


def export_subject(subject: Subject) -> dict[str, Any]:
    """Everything that every app knows of the subject."""
    return {name: dict(handler.export(subject)) for name, handler in _subjects.items()}
