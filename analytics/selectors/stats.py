"""The statistics of the platform: a period beside the one before, exact to the last sale."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from analytics.rules.asking import Asked, Scope
from analytics.rules.comparing import Compared, Number, ratio
from analytics.rules.windows import Window, held_spans, spans_of
from analytics.selectors.scope import parameters_of, scope_sql
from analytics.selectors.stats_sql import COLUMNS, PARTNERS, SPANS, STATISTICS

_MONEY = {"revenue", "refunds", "discounts", "commission"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in both periods, somewhere. `partners` are those who sold in the current one."""

    partners: int
    current: dict[str, Number]
    previous: dict[str, Number]

    def compared(self) -> dict[str, Compared]:
        """Every figure, those that follow from others among them."""
        now, before = _derived(self.current), _derived(self.previous)
        return {name: Compared(now[name], before[name]) for name in now}


@dataclass(frozen=True, slots=True)
class Ranked:
    """One partner among the first or the last."""

    id: int
    name: str
    status: str
    tier: str
    revenue: Compared


@dataclass(slots=True)
class Block:
    """Everything in one currency; amounts of different currencies never meet."""

    currency: str
    totals: Figures
    by_status: dict[str, Figures] = field(default_factory=dict)
    by_tier: dict[str, Figures] = field(default_factory=dict)
    top: list[Ranked] = field(default_factory=list)
    falling: list[Ranked] = field(default_factory=list)


@dataclass(slots=True)
class PartnerCounts:
    """How many partners there are now, and how many came in the periods."""

    total: int = 0
    new: Compared = field(default_factory=lambda: Compared(0, 0))
    by_status: dict[str, int] = field(default_factory=dict)
    by_tier: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The answer: `window` as it is in UTC; partners elsewhere may already live in tomorrow."""

    window: Window
    partners: PartnerCounts
    totals: dict[str, Compared]
    blocks: list[Block]


def get_statistics_across_partners(*, asked: Asked, scope: Scope, at: datetime) -> Statistics:
    """Everything about these partners, in two queries however many they are."""
    parameters = {"at": at, **parameters_of(scope), **_spans(asked, at)}
    blocks = _blocks(_rows(STATISTICS, scope, parameters))
    return Statistics(
        window=asked.on(at.astimezone(UTC).date()),
        partners=_partners(_rows(PARTNERS, scope, parameters)),
        totals=_totals(blocks),
        blocks=blocks,
    )


def _rows(statement: str, scope: Scope, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(scope=scope_sql(scope)), parameters)
        return cursor.fetchall()


def _spans(asked: Asked, at: datetime) -> dict[str, list[Any]]:
    """What to read, for every day that it is somewhere at this moment."""
    todays = [at.astimezone(UTC).date() + timedelta(days=shift) for shift in (-1, 0, 1)]
    windows = [asked.on(today) for today in todays]
    found: dict[str, list[tuple[date, bool, date, date]]] = {name: [] for name in SPANS}
    for today, window in zip(todays, windows, strict=True):
        for is_current, one in ((True, window), (False, window.before)):
            for span in spans_of(one, today):
                found[span.kind].append((today, is_current, span.first, span.until))
            held, rest, too_much = held_spans(one.until, today)
            found["held_month"].append((today, is_current, held.first, held.until))
            for name, span in (("held_day", rest), ("not_held", too_much)):
                if span.first < span.until:
                    found[name].append((today, is_current, span.first, span.until))
    parts = ("today", "is_current", "first", "until")
    return {
        "today": todays,
        "before_first": [window.before.first for window in windows],
        "first": [window.first for window in windows],
        "until": [window.until for window in windows],
        **{
            f"{name}_{part}": [row[index] for row in rows]
            for name, rows in found.items()
            for index, part in enumerate(parts)
        },
    }


def _blocks(rows: Iterable[tuple[Any, ...]]) -> list[Block]:
    """One block a currency, the one with most revenue first."""
    rows = list(rows)
    blocks = {row[1]: Block(row[1], _figures(row)) for row in rows if row[0] == "all"}
    for row in rows:
        kind, block = row[0], blocks[row[1]]
        if kind == "status":
            block.by_status[row[2]] = _figures(row)
        elif kind == "tier":
            block.by_tier[row[3]] = _figures(row)
        elif kind in {"top", "falling"}:
            getattr(block, kind).append(_ranked(row))
    for block in blocks.values():
        block.top.sort(key=lambda one: (-(one.revenue.current or 0), one.id))
        block.falling.sort(key=lambda one: (one.revenue.change or 0, one.id))
    return sorted(blocks.values(), key=lambda block: (-block.totals.current["revenue"], block.currency))


def _figures(row: tuple[Any, ...]) -> Figures:
    values = [_number(name, value) for name, value in zip(COLUMNS * 2, row[7:], strict=True)]
    size = len(COLUMNS)
    current, previous = (dict(zip(COLUMNS, half, strict=True)) for half in (values[:size], values[size:]))
    return Figures(row[6], current, previous)


def _number(name: str, value: Decimal) -> Number:
    return value if name in _MONEY else int(value)


def _ranked(row: tuple[Any, ...]) -> Ranked:
    figures = _figures(row)
    net = Compared(*(half["revenue"] - half["refunds"] for half in (figures.current, figures.previous)))
    return Ranked(id=row[4], name=row[5], status=row[2], tier=row[3], revenue=net)


def _derived(half: dict[str, Number]) -> dict[str, Number | None]:
    """With the figures that follow (analytics 2.4): nothing to divide by is null, never zero."""
    return {
        **half,
        "transactions": half["purchases"] + half["reversals"],
        "net_revenue": half["revenue"] - half["refunds"],
        "average_purchase": ratio(half["revenue"], half["purchases"]),
        "points_burn_to_earn": ratio(100 * half["points_redeemed"], half["points_issued"]),
    }


def _totals(blocks: list[Block]) -> dict[str, Compared]:
    """What can be added up over currencies: everything that is no money."""
    kept = [name for name in COLUMNS if name not in _MONEY]
    now, before = (
        _derived({name: sum(half(block)[name] for block in blocks) for name in kept} | dict.fromkeys(_MONEY, 0))
        for half in (lambda block: block.totals.current, lambda block: block.totals.previous)
    )
    wanted = (*kept, "transactions", "points_burn_to_earn")
    return {name: Compared(now[name], before[name]) for name in wanted}


def _partners(rows: Iterable[tuple[Any, ...]]) -> PartnerCounts:
    counts = PartnerCounts()
    for status, tier, total, new, new_before in rows:
        if status is not None:
            counts.by_status[status] = total
        elif tier is not None:
            counts.by_tier[tier] = total
        else:
            counts.total, counts.new = total, Compared(new, new_before)
    return counts
