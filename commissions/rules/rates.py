"""Which rate a sale pays: the most specific scope that was valid on the partner's clock when it happened."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

FLAT, MARGINAL, WHOLE = "flat", "marginal", "whole"
PLATFORM, PROCESSING = "platform", "processing"


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """One version of one scope. `tiers` are (from, percent), lowest first; `is_own`: the partner's, not the default."""

    id: int
    component: str
    percent: Decimal
    valid_from: datetime
    valid_to: datetime | None = None
    is_own: bool = False
    shop_id: int | None = None
    category: str = ""
    fixed: Decimal = Decimal(0)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    mode: str = FLAT
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def scope(self) -> tuple[str, bool, int | None, str]:
        """What its versions have in common; the volume that tiers count is the scope's."""
        return (self.component, self.is_own, self.shop_id, self.category)

    def rank(self) -> tuple[bool, bool, bool, datetime, int]:
        """Greater is preferred: own, then category, then shop; the newest version, the lowest id."""
        return (self.is_own, bool(self.category), self.shop_id is not None, self.valid_from, -self.id)

    def is_valid_at(self, moment: datetime) -> bool:
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


class RateBook:
    """All rates that can matter to one partner in one currency, ready to be asked a million times."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self.rates = sorted(rates, key=lambda rate: rate.id)
        self.shops = {rate.shop_id for rate in self.rates if rate.shop_id is not None}
        self.categories = {rate.category for rate in self.rates if rate.category}
        # Every sale pays the platform, if only nothing; other components exist where somebody set a rate.
        self.components = (PLATFORM, *sorted({rate.component for rate in self.rates} - {PLATFORM}))
        self.has_tiers = any(rate.mode != FLAT for rate in self.rates)
        self.has_whole_tiers = any(rate.mode == WHOLE for rate in self.rates)
        self._steps: dict[tuple[str, int | None, str], tuple[list[datetime], list[Rate | None]]] = {}

    def choose(self, component: str, shop_id: int | None, category: str, moment: datetime) -> Rate | None:
        """The rate of one group of one sale; None: there is none."""
        key = (component, shop_id if shop_id in self.shops else None, category if category in self.categories else "")
        steps = self._steps.get(key)
        if steps is None:
            steps = self._steps[key] = self._step_function(*key)
        index = bisect_right(steps[0], moment)
        return steps[1][index - 1] if index else None

    def steps(
        self, component: str, shop_id: int | None, category: str
    ) -> Iterator[tuple[datetime | None, datetime | None, Rate | None]]:
        """What `choose` answers at any moment, as half-open spans; None: without beginning, or without end."""
        moments, rates = self._step_function(component, shop_id, category)
        yield from zip((None, *moments), (*moments, None), (None, *rates), strict=True)

    def _step_function(
        self, component: str, shop_id: int | None, category: str
    ) -> tuple[list[datetime], list[Rate | None]]:
        candidates = [
            rate
            for rate in self.rates
            if rate.component == component and rate.shop_id in {None, shop_id} and rate.category in {"", category}
        ]
        ends = {rate.valid_to for rate in candidates if rate.valid_to is not None}
        moments = sorted({rate.valid_from for rate in candidates} | ends)
        best = [
            max((rate for rate in candidates if rate.is_valid_at(moment)), key=Rate.rank, default=None)
            for moment in moments
        ]
        return moments, best
