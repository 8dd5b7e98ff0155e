"""What a sale pays: a line for each component and category group, rounded once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from commissions.rules.currency import rounded
from commissions.rules.rates import FLAT, MARGINAL, PLATFORM, WHOLE, Rate, RateBook
from commissions.rules.split import split_amount

ZERO = Decimal(0)
ACCRUAL, NO_RATE = "accrual", "no_rate"
Volumes = defaultdict[tuple[str, tuple[str, bool, int | None, str]], Decimal]


class Sale(NamedTuple):
    """A completed purchase: `amount` was paid for goods, after discounts and the part paid with points."""

    id: int
    month: str
    moment: datetime
    local_on: date
    shop_id: int | None
    amount: Decimal
    category: str = ""
    groups: Mapping[str, Decimal] | None = None


class Line(NamedTuple):
    """One line before it is posted. `kind` says whether a rate was found; posting decides the rest."""

    source_id: int
    component: str
    category: str
    kind: str
    month: str
    origin_month: str
    shop_id: int | None
    local_on: date
    base: Decimal
    rate_id: int | None
    amount: Decimal


def flat_amount(base: Decimal, rate: Rate, fixed: Decimal, unit: Decimal, percent: Decimal | None = None) -> Decimal:
    """clamp(round(base x percent) + fixed, minimum, maximum)."""
    exact = base * (rate.percent if percent is None else percent)
    return clamp(rounded(exact.scaleb(-2), unit) + fixed, rate)


def clamp(amount: Decimal, rate: Rate) -> Decimal:
    """Not below the rate's minimum, not above its maximum."""
    if rate.minimum is not None and amount < rate.minimum:
        return rate.minimum
    if rate.maximum is not None and amount > rate.maximum:
        return rate.maximum
    return amount


def marginal_amount(before: Decimal, base: Decimal, rate: Rate, fixed: Decimal, unit: Decimal) -> Decimal:
    """Each part of the base at the percentage of its tier, when `before` was sold earlier in the month."""
    tiers = rate.tiers if rate.tiers[0][0] == 0 else ((ZERO, rate.percent), *rate.tiers)
    ends = [start for start, _percent in tiers[1:]] + [before + base]
    exact = ZERO
    for (start, percent), end in zip(tiers, ends, strict=True):
        part = min(end, before + base) - max(start, before)
        exact += max(part, ZERO) * percent
    return clamp(rounded(exact.scaleb(-2), unit) + fixed, rate)


def percent_reached(volume: Decimal, rate: Rate) -> Decimal:
    """The percentage of the tier that a month's sales reached; its lower bound belongs to it."""
    percent = rate.percent
    for start, tier in rate.tiers:
        if volume >= start:
            percent = tier
    return percent


def accrue(sales: Sequence[Sale], book: RateBook, unit: Decimal) -> Iterator[Line]:
    """The lines of these sales. Where tiers count, `sales` are whole months; their order does not matter."""
    meter = _Meter(book, unit)
    if book.has_tiers:
        sales = sorted(sales, key=lambda sale: (sale.month, sale.moment, sale.id))
    if book.has_whole_tiers:
        meter.read_months(sales)
    for sale in sales:
        yield from meter.lines_of(sale)


class _Meter:
    """Makes lines, and knows what each scope has sold in a month where that decides the percentage."""

    def __init__(self, book: RateBook, unit: Decimal) -> None:
        self.book, self.unit = book, unit
        self.before: Volumes = defaultdict(Decimal)
        self.totals: Volumes = defaultdict(Decimal)

    def read_months(self, sales: Iterable[Sale]) -> None:
        """Add up what counts for whole tiers."""
        for sale in sales:
            for category, base in self.groups(sale):
                for component in self.book.components:
                    rate = self.book.choose(component, sale.shop_id, category, sale.moment)
                    if rate is not None and rate.mode == WHOLE:
                        self.totals[sale.month, rate.scope] += base

    def groups(self, sale: Sale) -> list[tuple[str, Decimal]]:
        """The sale's amount over its category groups, the largest first."""
        if sale.groups is None:
            return [(sale.category, sale.amount)]
        return split_amount(sale.amount, sale.groups, self.unit)

    def lines_of(self, sale: Sale) -> Iterator[Line]:
        """A line for each component and group; nothing for a component that no rate speaks of, but the platform's."""
        groups = self.groups(sale)
        for component in self.book.components:
            is_first = True
            for category, base in groups:
                rate = self.book.choose(component, sale.shop_id, category, sale.moment)
                kind, rate_id, amount = NO_RATE, None, ZERO
                if rate is not None:
                    # The fixed part is paid once a sale, by its largest group.
                    kind, rate_id = ACCRUAL, rate.id
                    amount = self.amount(sale.month, base, rate, rate.fixed if is_first else ZERO)
                elif component != PLATFORM:
                    continue
                is_first = False
                yield Line(
                    *(sale.id, component, category, kind, sale.month, sale.month, sale.shop_id, sale.local_on),
                    *(base, rate_id, amount),
                )

    def amount(self, month: str, base: Decimal, rate: Rate, fixed: Decimal) -> Decimal:
        """What one group pays by its rate."""
        if rate.mode == FLAT:
            return flat_amount(base, rate, fixed, self.unit)
        if rate.mode == MARGINAL:
            sold = self.before[month, rate.scope]
            self.before[month, rate.scope] = sold + base
            return marginal_amount(sold, base, rate, fixed, self.unit)
        reached = percent_reached(self.totals[month, rate.scope], rate)
        return flat_amount(base, rate, fixed, self.unit, reached)
