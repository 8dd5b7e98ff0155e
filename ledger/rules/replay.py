"""The life of one issued card, replayed: the entries and lots that its sales, returns and bonuses make.

For histories that are loaded as a whole (imports, demo data). It keeps the rules of the sale's database function and of
`ledger.services.points.post_points`, event by event; a test holds all three together.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

# Spelled as ledger.choices.EntryKind does.
EARN, BONUS, REDEEM, EXPIRE = "earn", "bonus", "redeem", "expire"
TAKE_BACK, GIVE_BACK = "take_back", "give_back"


class TooFewPointsError(ValueError):
    """A sale spends more points than the card holds."""


@dataclass(slots=True, eq=False)
class Lot:
    """Points that came together. `id` is set for a lot that is stored; whoever stores a new one sets it then."""

    points: int
    remaining: int
    earned_at: datetime
    expires_at: datetime | None = None
    shop_id: int | None = None
    entry: "Entry | None" = None
    id: int | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """One movement of points. `lot` is the one that an expiry empties."""

    kind: str
    points: int
    occurred_at: datetime
    transaction_id: int | None = None
    shop_id: int | None = None
    lot: Lot | None = None
    id: int | None = None

    @property
    def business_key(self) -> str:
        """The name of the cause; that of an expiry exists once its lot has an id."""
        if self.lot is not None:
            return f"expire:{self.lot.id}"
        return "issue:bonus" if self.transaction_id is None else f"sale:{self.transaction_id}:{self.kind}"


def _age(lot: Lot) -> datetime:
    return lot.earned_at


@dataclass(slots=True)
class CardReplay:
    """One card, event after event. What happened is in `entries` and `lots`, what came of it in the totals.

    Events come in time order. One that comes late counts as of the latest moment seen so far, as it would at a till:
    its points keep their own age, and are over at once when their time has passed.
    """

    balance: int = 0
    debt: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    now: datetime | None = None
    updated_at: datetime | None = None
    entries: list[Entry] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    _open: list[Lot] = field(default_factory=list)
    _next: datetime | None = None

    @classmethod
    def of_stored(cls, lots: Iterable[Lot], *, debt: int = 0) -> "CardReplay":
        """Go on from a card's open lots; `entries`, `lots` and the totals are then what is added to it."""
        replay = cls(debt=debt, _open=sorted(lots, key=_age))
        replay.balance = sum(lot.remaining for lot in replay._open)
        replay._note_next()
        return replay

    @property
    def next_expiry_at(self) -> datetime | None:
        """When the next of the open lots is over."""
        return min((lot.expires_at for lot in self._open if lot.expires_at is not None), default=None)

    def bonus(self, *, at: datetime, points: int, expires_at: datetime | None = None) -> None:
        """The points that came with the card."""
        self.advance(at)
        self._give(Entry(BONUS, points, at), expires_at)
        self.earned += points

    def sale(
        self,
        *,
        transaction_id: int,
        at: datetime,
        awarded: int,
        redeemed: int = 0,
        expires_at: datetime | None = None,
        shop_id: int | None = None,
    ) -> None:
        """A purchase: spends the oldest points, then earns new ones. Raises TooFewPointsError."""
        self.advance(at)
        if redeemed > self.balance:
            raise TooFewPointsError(f"{redeemed} points of {self.balance}")
        self._take(Entry(REDEEM, -redeemed, at, transaction_id, shop_id), self._open)
        self.redeemed += redeemed
        self._give(Entry(EARN, awarded, at, transaction_id, shop_id), expires_at)
        self.earned += awarded

    def reversal(
        self,
        *,
        transaction_id: int,
        at: datetime,
        taken: int,
        given: int = 0,
        expires_at: datetime | None = None,
        shop_id: int | None = None,
        original_id: int | None = None,
    ) -> None:
        """A refund, cancellation or return: gives `given` back, then takes `taken` back, first those of the original.

        What is no longer there becomes a debt. `expires_at` is the end of the points given back.
        """
        self.advance(at)
        self._give(Entry(GIVE_BACK, given, at, transaction_id, shop_id), expires_at)
        self.redeemed -= given
        own = [lot for lot in self._open if original_id is not None and _earned_by(lot, original_id)]
        rest = [lot for lot in self._open if lot not in own] if own else self._open
        self._take(Entry(TAKE_BACK, -taken, at, transaction_id, shop_id), [*own, *rest])
        self.earned -= taken

    def advance(self, at: datetime) -> None:
        """Let time pass: what is over by then expires."""
        self.now = at if self.now is None else max(at, self.now)
        if self._next is None or self._next > self.now:
            return
        for lot in self._open:
            if lot.expires_at is None or lot.expires_at > self.now:
                continue
            self._note(Entry(EXPIRE, -lot.remaining, lot.expires_at, lot=lot))
            self.balance -= lot.remaining
            self.expired += lot.remaining
            lot.remaining = 0
        self._close_empty()

    def _give(self, entry: Entry, expires_at: datetime | None) -> None:
        if entry.points == 0:
            return
        self._note(entry)
        paid = min(self.debt, entry.points)
        self.debt -= paid
        fresh = entry.points - paid
        if fresh == 0:
            return
        lot = Lot(fresh, fresh, entry.occurred_at, expires_at, entry.shop_id, entry)
        self.lots.append(lot)
        insort(self._open, lot, key=_age)
        self.balance += fresh
        if expires_at is not None:
            self._next = expires_at if self._next is None else min(self._next, expires_at)
            self.advance(entry.occurred_at)

    def _take(self, entry: Entry, lots: list[Lot]) -> None:
        if entry.points == 0:
            return
        self._note(entry)
        need = -entry.points
        for lot in lots:
            taken = min(need, lot.remaining)
            lot.remaining -= taken
            need -= taken
            if need == 0:
                break
        self.balance += entry.points + need
        self.debt += need
        self._close_empty()

    def _note(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.updated_at = self.now

    def _close_empty(self) -> None:
        self._open = [lot for lot in self._open if lot.remaining]
        self._note_next()

    def _note_next(self) -> None:
        self._next = self.next_expiry_at


def _earned_by(lot: Lot, transaction_id: int) -> bool:
    return lot.entry is not None and lot.entry.kind == EARN and lot.entry.transaction_id == transaction_id
