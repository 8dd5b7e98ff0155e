"""The tills of a demo partner: they turn visits into transactions by the rules that real tills follow."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ledger.demo.visits import Visit
from ledger.rules.cart import CartLine, earning_total, main_category
from ledger.rules.earning import ZERO, CardRules
from ledger.rules.replay import CardReplay
from ledger.rules.reversal import Reversible, reverse

SPENDS = 0.35  # how often somebody spends points who has enough
STEP = 50


@dataclass(slots=True)
class HeldCard:
    """One issued card with its points as they come and go."""

    issued_card_id: int
    customer_id: int
    rules: CardRules
    replay: CardReplay = field(default_factory=CardReplay)


@dataclass(slots=True)
class Receipt:
    """What a till noted of one visit."""

    id: int
    kind: str
    shop_id: int
    order_id: str
    refund_id: str | None
    original_id: int | None
    card: HeldCard | None
    figures: Reversible
    amount: Decimal
    balance: int
    debt: int
    category: str
    lines: tuple[CartLine, ...]
    at: datetime
    local_on: date
    is_cancelled: bool = False
    undone: Reversible = field(default_factory=Reversible)

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(f"{self.kind} {self.order_id} {self.refund_id}".encode()).digest()


class Tills:
    """All tills of a partner. `cards` are found by customer and kind; a shop is its code and id."""

    def __init__(
        self,
        *,
        cards: Mapping[tuple[int, bool], HeldCard],
        shops: Sequence[tuple[str, int]],
        ids: Sequence[int],
        draw: random.Random,
    ) -> None:
        self._cards, self._shops, self._ids, self._draw = cards, shops, iter(ids), draw
        self._orders = [0] * len(shops)
        self._receipts: dict[Visit, Receipt] = {}

    def play(self, visits: Sequence[Visit]) -> list[Receipt]:
        """The receipts of visits that come in time order."""
        return [self._undo(visit) if visit.original else self._sell(visit) for visit in visits]

    def _card_of(self, visit: Visit) -> HeldCard | None:
        if visit.member is None:
            return None
        return self._cards[visit.member.customer_id, visit.with_club_card]

    def _sell(self, visit: Visit) -> Receipt:
        identity, card, total = next(self._ids), self._card_of(visit), visit.total
        awarded = redeemed = 0
        discount = ZERO
        if card is not None:
            card.replay.advance(visit.at)
            redeemed = self._spent(visit, card, total)
            discount = min(total, card.rules.discount_for(redeemed)) if redeemed else ZERO
            base = earning_total(visit.lines, total, total - discount)
            awarded = 0 if base is None else card.rules.points_for(base)
            card.replay.sale(
                transaction_id=identity,
                at=visit.at,
                awarded=awarded,
                redeemed=redeemed,
                expires_at=card.rules.expiry_of(visit.at),
                shop_id=self._shops[visit.place][1],
            )
        self._orders[visit.place] += 1
        figures = Reversible(total, discount, awarded, redeemed)
        order_id = f"{self._shops[visit.place][0]}-{self._orders[visit.place]:06}"
        receipt = self._note(
            visit, identity=identity, order_id=order_id, card=card, figures=figures, amount=total - discount
        )
        self._receipts[visit] = receipt
        return receipt

    def _spent(self, visit: Visit, card: HeldCard, total: Decimal) -> int:
        """Savers wait; the others spend every now and then, in round numbers."""
        rules, balance = card.rules, card.replay.balance
        most = min(balance, rules.points_worth(total), rules.max_points_per_redemption or balance)
        if visit.spends_everything:
            return most
        least = rules.min_points_for_redemption
        if most < least or visit.member is None or visit.member.saves or self._draw.random() > SPENDS:
            return 0
        return least if self._draw.random() < SPENDS else most - most % STEP

    def _undo(self, visit: Visit) -> Receipt:
        """A part or all of an earlier sale, the way `ledger.services.refunds` does it."""
        original = self._receipts[visit.original] if visit.original else None
        if original is None:
            raise ValueError("a return without its sale")
        rest = original.figures.order_total - original.undone.order_total
        undone = reverse(original.figures, original.undone, rest if visit.part is None else min(rest, visit.part))
        identity, card = next(self._ids), original.card
        if card is not None:
            card.replay.reversal(
                transaction_id=identity,
                at=visit.at,
                taken=undone.points_awarded,
                given=undone.points_redeemed,
                expires_at=card.rules.expiry_of(visit.at),
                shop_id=self._shops[visit.place][1],
                original_id=original.id,
            )
        original.undone = undone
        original.is_cancelled = visit.kind == "cancellation"
        amount = undone.order_total - undone.points_discount_amount
        return self._note(
            visit,
            identity=identity,
            order_id=original.order_id,
            card=card,
            figures=undone,
            amount=amount,
            original=original,
        )

    def _note(
        self,
        visit: Visit,
        *,
        identity: int,
        order_id: str,
        card: HeldCard | None,
        figures: Reversible,
        amount: Decimal,
        original: Receipt | None = None,
    ) -> Receipt:
        return Receipt(
            id=identity,
            kind=visit.kind,
            shop_id=self._shops[visit.place][1],
            order_id=order_id,
            refund_id=f"{order_id}-R" if visit.kind == "refund" else None,
            original_id=original.id if original else None,
            card=card,
            figures=figures,
            amount=amount,
            balance=card.replay.balance if card else 0,
            debt=card.replay.debt if card else 0,
            category=original.category if original else main_category(visit.lines),
            lines=visit.lines,
            at=visit.at,
            local_on=visit.local_on,
        )
