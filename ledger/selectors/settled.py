"""How many transactions a partner has, and where its pages begin, without counting a million rows on every page.

A row is settled when its `xid` is below the oldest transaction that still ran: every row below that mark is committed
for good, none will ever join them, and rows are never deleted. So the settled rows are counted once and their number is
kept in this process; a page adds the few rows above the mark, seen by the statement that reads it. Totals are exact.

A page's first row is remembered with its place among the settled rows. Its place now is that, plus the unsettled rows
before it: a deep page starts there instead of walking over everything newer.
"""

import time
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import datetime

MIN_ROWS = 1_000  # below it, counting is as cheap as remembering
ADVANCE_AT = 500  # so many newly settled rows move the mark
LIFE_SECONDS = 600.0  # heals what nobody foresaw, such as a table emptied by hand
MOST_PARTNERS = 10_000
MOST_PLACES = 2_000
WORTH_A_PLACE = 200  # rows walked over


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row and how many settled rows are newer than it."""

    position: int
    occurred_at: datetime
    id: int


@dataclass(slots=True)
class Settled:
    """What is known for good of one partner's transactions: those below `mark`."""

    mark: int
    count: int
    since: float = field(default_factory=time.monotonic)
    places: list[Place] = field(default_factory=list)

    def place_before(self, offset: int) -> Place | None:
        """The known row closest before an offset. Unsettled rows may have pushed it behind; the reader checks."""
        index = bisect_right(self.places, offset, key=lambda place: place.position)
        return self.places[index - 1] if index else None

    def remember(self, place: Place) -> None:
        if len(self.places) >= MOST_PLACES:
            self.places.clear()
        index = bisect_right(self.places, place.position, key=lambda known: known.position)
        if not index or self.places[index - 1].position != place.position:
            insort(self.places, place)


_known: dict[int, Settled] = {}


def settled_of(partner_id: int) -> Settled | None:
    """What this process knows of a partner, unless it is too old to be trusted blindly."""
    known = _known.get(partner_id)
    if known is not None and time.monotonic() - known.since > LIFE_SECONDS:
        forget(partner_id)
        return None
    return known


def learn(partner_id: int, mark: int, count: int) -> Settled:
    """Note how many rows are settled below a mark; worth keeping only for partners with many."""
    settled = Settled(mark, count)
    if count >= MIN_ROWS:
        if len(_known) >= MOST_PARTNERS:
            _known.clear()
        _known[partner_id] = settled
    return settled


def forget(partner_id: int) -> None:
    """Count anew next time."""
    _known.pop(partner_id, None)
