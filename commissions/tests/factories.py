"""Rates and sales for tests, in the words of the worked examples."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from commissions.models import CommissionRate
from loyalty.tests.factories import ModelFactory


def clock(text: str) -> datetime:
    """A moment on somebody's wall clock."""
    return datetime.fromisoformat(text)


def instant(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class RateFactory(ModelFactory[CommissionRate]):
    """5 % for the platform from the beginning of 2026, for everybody."""

    class Meta:
        model = CommissionRate

    component = "platform"
    percent = Decimal(5)
    valid_from = clock("2026-01-01")
    actor_kind = "system"


def tiers(*steps: tuple[str, str]) -> list[dict[str, Any]]:
    """Tiers as they are kept."""
    return [{"from": start, "percent": percent} for start, percent in steps]
