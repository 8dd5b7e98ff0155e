"""What is known of a partner's application, and what stands in the way of closing it."""

from collections.abc import Callable, Mapping
from typing import Any

from partners.choices import ReviewStatus
from partners.models import Partner, Verification

# Money is known to apps above this one. Each says what is open: {"what": …, "amount": …, "currency": …}
OpenMoney = Callable[[Partner], list[Mapping[str, Any]]]
_open_money: list[OpenMoney] = []


def register_open_money(read: OpenMoney) -> None:
    """Called from `AppConfig.ready()` by an app that keeps money; registering twice has no further effect."""
    if read not in _open_money:
        _open_money.append(read)


def list_open_money(partner: Partner) -> list[Mapping[str, Any]]:
    """All that is still to be settled with this partner."""
    return [row for read in _open_money for row in read(partner)]


def paper_states(partner: Partner) -> dict[str, str]:
    """The state of the newest paper of each kind."""
    newest = Verification.objects.filter(partner=partner).order_by("kind", "-pk").distinct("kind")
    return dict(newest.values_list("kind", "state"))


def verified_kinds(partner: Partner) -> frozenset[str]:
    """The kinds whose newest paper was found good."""
    return frozenset(kind for kind, state in paper_states(partner).items() if state == ReviewStatus.VERIFIED)
