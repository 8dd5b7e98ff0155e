"""A rate card as somebody writes it, and whether it can be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from commissions.choices import RateMode
from commissions.rules.currency import unit_of

HUNDRED = Decimal(100)
TERMS = ("percent", "fixed", "minimum", "maximum", "mode", "tiers")
SCOPE = ("component", "shop_id", "category", "currency")
Errors = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """One rate of a card. `valid_from` None: from now; `valid_to` None: without end; on the partner's own clock."""

    component: str
    percent: Decimal = Decimal(0)
    fixed: Decimal = Decimal(0)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    mode: str = RateMode.FLAT
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()
    shop_id: int | None = None
    category: str = ""
    currency: str = "EUR"
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @property
    def scope(self) -> tuple[Any, ...]:
        """Its versions never overlap."""
        return tuple(getattr(self, name) for name in SCOPE)

    def has_terms_of(self, version: Any) -> bool:
        """Whether a kept version says the same."""
        tiers = [(Decimal(tier["from"]), Decimal(tier["percent"])) for tier in version.tiers]
        same = all(getattr(self, name) == getattr(version, name) for name in TERMS if name != "tiers")
        return same and list(self.tiers) == tiers

    @property
    def kept_tiers(self) -> list[dict[str, str]]:
        """The tiers as they are stored."""
        return [{"from": f"{start:f}", "percent": f"{percent:f}"} for start, percent in self.tiers]


def overlap(begin: datetime, end: datetime | None, other_begin: datetime, other_end: datetime | None) -> bool:
    """Whether two half-open spans meet; None is without end."""
    return (other_end is None or begin < other_end) and (end is None or other_begin < end)


def complaints(draft: Draft, since: datetime) -> Iterator[tuple[str, str]]:
    """(field, sentence) of everything that is wrong with a rate by itself."""
    if not 0 <= draft.percent <= HUNDRED:
        yield "percent", _("Must be between 0 and 100.")
    for name in ("fixed", "minimum", "maximum"):
        value = getattr(draft, name)
        if value is not None and value < 0:
            yield name, _("Must not be negative.")
        elif value is not None and value % unit_of(draft.currency):
            yield name, _("Is finer than the smallest coin of {currency}.").format(currency=draft.currency)
    if draft.minimum is not None and draft.maximum is not None and draft.maximum < draft.minimum:
        yield "max", _("Must not be below the minimum.")
    if draft.valid_to is not None and draft.valid_to <= (draft.valid_from or since):
        yield "valid_to", _("Must be after the beginning.")
    yield from _tier_complaints(draft)


def _tier_complaints(draft: Draft) -> Iterator[tuple[str, str]]:
    if (draft.mode == RateMode.FLAT) == bool(draft.tiers):
        yield "tiers", _("Tiers belong to the modes marginal and whole, and to no other.")
    starts = [start for start, _percent in draft.tiers]
    if any(start < 0 for start in starts) or starts != sorted(set(starts)):
        yield "tiers", _("Tiers must rise, from 0 or more.")
    if any(not 0 <= percent <= HUNDRED for _start, percent in draft.tiers):
        yield "tiers", _("Every percentage must be between 0 and 100.")


def collisions(drafts: Sequence[Draft], since: datetime) -> Iterator[int]:
    """The places of those that overlap an earlier one of the same scope."""
    for index, draft in enumerate(drafts):
        begin = draft.valid_from or since
        for earlier in drafts[:index]:
            other = earlier.valid_from or since
            if earlier.scope == draft.scope and overlap(begin, draft.valid_to, other, earlier.valid_to):
                yield index
                break
