"""What apps above the ledger add to the demo: they say so when they start (decision 21), it never names them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from partners.models import Partner


class DemoPart(Protocol):
    """One app's share of every demo partner."""

    def load(self, *, partner: Partner, key: str, at: datetime, say: Callable[[str], None]) -> None:
        """Make what is missing, all of it or nothing; `key` is the partner's name among the blueprints."""

    def handover(self, *, partner: Partner, at: datetime) -> dict[str, Any]:
        """Further members of the partner in var/demo.json."""


_parts: list[DemoPart] = []


def register_demo_part(part: DemoPart) -> None:
    """Called from `AppConfig.ready()`; registering twice has no further effect."""
    if part not in _parts:
        _parts.append(part)


def demo_parts() -> list[DemoPart]:
    """In the order of registration, which is that of the apps."""
    return list(_parts)
