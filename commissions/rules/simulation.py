"""Adding up what the same sales and refunds pay by two sets of rates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from commissions.rules.cards import Draft
from commissions.rules.lines import NO_RATE, Line
from commissions.rules.rates import PLATFORM, Rate

Key = tuple[int | None, str]


@dataclass(slots=True)
class Sums:
    """What some lines come to by shop and month, and what each sale pays the platform (for its refunds)."""

    groups: dict[Key, Decimal] = field(default_factory=dict)
    of_sales: dict[int, list[tuple[str, Decimal, Decimal]]] = field(default_factory=dict)
    without_rate: int = 0
    sales: int = 0

    def add(self, lines: Iterable[Line], begin: date, refunded: set[int]) -> None:
        """Count lines from `begin` on; earlier ones were only needed for tiers and refunds."""
        for line in lines:
            if line.component == PLATFORM and line.source_id in refunded:
                self.of_sales.setdefault(line.source_id, []).append((line.category, line.amount, line.base))
            if line.local_on >= begin:
                self.without_rate += line.kind == NO_RATE
                self.put(line)

    def put(self, line: Line) -> None:
        """Add one line to its shop and month."""
        key = (line.shop_id, line.month)
        self.groups[key] = self.groups.get(key, Decimal(0)) + line.amount

    @property
    def total(self) -> Decimal:
        return sum(self.groups.values(), Decimal(0))


def rehearsed(drafts: Sequence[Draft], begin: datetime, now: datetime) -> list[Rate]:
    """A card as rates to try on days that are over.

    One that says no beginning counts throughout. A scope whose rates all begin later than now is tried as it will
    begin: its first rate counts throughout. Anything else counts when it says.
    """
    coming = {
        scope: min((draft for draft in drafts if draft.scope == scope), key=lambda draft: draft.valid_from or begin)
        for scope in {draft.scope for draft in drafts}
    }
    chosen: list[Draft] = []
    for draft in drafts:
        first = coming[draft.scope]
        if first.valid_from is None or first.valid_from <= now:
            chosen.append(replace(draft, valid_from=draft.valid_from or begin))
        elif draft is first:
            chosen.append(replace(draft, valid_from=begin, valid_to=None))
    return [_as_rate(draft, -number) for number, draft in enumerate(chosen, start=1)]


def _as_rate(draft: Draft, number: int) -> Rate:
    return Rate(
        id=number,
        component=draft.component,
        percent=draft.percent,
        valid_from=draft.valid_from or datetime.min,  # noqa: DTZ901 - a wall clock
        valid_to=draft.valid_to,
        is_own=True,
        shop_id=draft.shop_id,
        category=draft.category,
        fixed=draft.fixed,
        minimum=draft.minimum,
        maximum=draft.maximum,
        mode=draft.mode,
        tiers=draft.tiers,
    )
