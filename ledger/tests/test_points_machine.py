"""A machine that sells, spends, refunds, corrects and lets time pass, held against a model in memory (promise A10)."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from ledger.errors import InsufficientPoints
from ledger.models import PointsBalance, PointsLot
from ledger.selectors.balances import get_points_views
from ledger.services.adjustments import adjust_points, transfer_points
from ledger.services.expiry import expire_partner_points
from ledger.tests.factories import Till, assert_sound, issued_card_of
from loyalty.services.audit import SYSTEM

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
LIFE = timedelta(days=10)


class Purse:
    """What one card holds, as simply as it can be said: lots, a debt, and nothing stored twice."""

    def __init__(self) -> None:
        self.lots: list[list[Any]] = []  # [earned at, order or None, points left], the oldest first
        self.debt = 0

    def expire(self, at: datetime) -> None:
        for lot in self.lots:
            if lot[0] + LIFE <= at:
                lot[2] = 0

    @property
    def points(self) -> int:
        return sum(lot[2] for lot in self.lots)

    def add(self, points: int, earned_at: datetime, order: str | None = None) -> None:
        paid = min(self.debt, points)
        self.debt -= paid
        # Behind those of the same moment: in the order in which they came.
        place = sum(lot[0] <= earned_at for lot in self.lots)
        self.lots.insert(place, [earned_at, order, points - paid])

    def take(self, points: int, order: str | None = None, may_owe: bool = False) -> list[tuple[datetime, int]]:
        taken = []
        first = [lot for lot in self.lots if order is not None and lot[1] == order]
        for lot in [*first, *(lot for lot in self.lots if lot not in first)]:
            part = min(lot[2], points)
            lot[2] -= part
            points -= part
            if part:
                taken.append((lot[0], part))
        assert may_owe or points == 0
        self.debt += points
        return taken


class Order:
    """A sale as the model knows it; `cents` are left to be refunded."""

    def __init__(self, who: int, total: int, awarded: int, redeemed: int) -> None:
        self.who, self.total, self.cents, self.awarded, self.redeemed = who, total, total, awarded, redeemed
        self.undone = (0, 0)

    def undo(self, cents: int) -> tuple[int, int]:
        """Awarded and redeemed points that a part takes with it."""
        self.cents -= cents
        share = Decimal(self.total - self.cents) / self.total
        reached = tuple(
            int((points * share).quantize(Decimal(1), ROUND_HALF_UP)) for points in (self.awarded, self.redeemed)
        )
        part = reached[0] - self.undone[0], reached[1] - self.undone[1]
        self.undone = reached  # type: ignore[assignment]
        return part


class LedgerMachine(RuleBasedStateMachine):
    """Two customers of one partner; each step is one call of the real till or of a real service."""

    orders = Bundle("orders")
    who = st.integers(0, 1)

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.patch = pytest.MonkeyPatch()
        self.now = START
        self.patch.setattr(timezone, "now", lambda: self.now)
        self.till = Till(points_expiration_days=LIFE.days, min_points_for_redemption=1)
        self.customers = [self.till.customer() for _ in range(2)]
        self.cards = [issued_card_of(customer) for customer in self.customers]
        self.purses = [Purse(), Purse()]
        self.known: dict[str, Order] = {}

    def teardown(self) -> None:
        try:
            assert_sound()
        finally:
            self.patch.undo()
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def tick(self, who: int) -> Purse:
        """Time moves with every step, so that no two lots are of the same moment."""
        self.now += timedelta(seconds=1)
        for purse in self.purses:
            purse.expire(self.now)
        return self.purses[who]

    def check(self, data: dict[str, Any], purse: Purse) -> None:
        assert (data["points_balance"], data["points_debt"]) == (purse.points, purse.debt)

    @rule(target=orders, who=who, cents=st.integers(1, 50_000))
    def award(self, who: int, cents: int) -> str:
        purse = self.tick(who)
        order = f"O{len(self.known)}"
        data = self.till.sale(order, user_id=self.customers[who].pk, order_total=cents / 100).ok()
        assert data["points"] == cents // 100
        purse.add(cents // 100, self.now, order)
        self.known[order] = Order(who, cents, cents // 100, 0)
        self.check(data, purse)
        return order

    @rule(target=orders, who=who, days=st.integers(1, 15), euros=st.integers(1, 300))
    def award_late(self, who: int, days: int, euros: int) -> str:
        purse = self.tick(who)
        order = f"O{len(self.known)}"
        then = self.now - timedelta(days=days)
        body = {"order_total": euros, "occurred_at": then.isoformat()}
        data = self.till.sale(order, user_id=self.customers[who].pk, **body).ok()
        purse.add(euros, then, order)
        purse.expire(self.now)
        self.known[order] = Order(who, euros * 100, euros, 0)
        self.check(data, purse)
        return order

    @rule(target=orders, who=who, points=st.integers(1, 400))
    def redeem(self, who: int, points: int) -> str:
        purse = self.tick(who)
        order = f"O{len(self.known)}"
        body = {"user_id": self.customers[who].pk, "order_total": 4, "points_redeemed": points, "points": 0}
        answer = self.till.sale(order, **body)
        if points > purse.points:
            answer.refused(400, "INSUFFICIENT_POINTS")
            self.known[order] = Order(who, 0, 0, 0)
            return order
        purse.take(points)
        self.known[order] = Order(who, 400, 0, points)
        self.check(answer.ok(), purse)
        return order

    @rule(order=orders, share=st.floats(0, 1))
    def refund_part(self, order: str, share: float) -> None:
        self.refund(order, round(self.known[order].cents * share))

    @rule(order=consumes(orders))
    def refund_rest(self, order: str) -> None:
        self.refund(order, self.known[order].cents)

    def refund(self, order: str, cents: int) -> None:
        sale = self.known[order]
        purse = self.tick(sale.who)
        if not sale.total or not cents:
            return
        body = {"order_total": cents / 100, "refund_id": f"{self.now:%j%H%M%S}"}
        data = self.till.refund(order, **body).ok()
        awarded, redeemed = sale.undo(cents)
        purse.add(redeemed, self.now)
        purse.take(awarded, order, may_owe=True)
        assert (data["points_awarded"], data["points_redeemed"]) == (-awarded, -redeemed)
        self.check(data, purse)

    @rule(who=who, points=st.integers(-300, 300).filter(bool))
    def adjust(self, who: int, points: int) -> None:
        purse = self.tick(who)
        given = {"actor": SYSTEM, "partner": self.till.partner, "reason": "x", "at": self.now, "points": points}
        if -points > purse.points:
            with pytest.raises(InsufficientPoints):
                adjust_points(issued_card=self.cards[who], **given)
            return
        adjust_points(issued_card=self.cards[who], **given)
        if points > 0:
            purse.add(points, self.now)
        else:
            purse.take(-points)

    @rule(who=who, points=st.integers(1, 300))
    def transfer(self, who: int, points: int) -> None:
        purse = self.tick(who)
        source, target = self.cards[who], self.cards[1 - who]
        given = {"actor": SYSTEM, "partner": self.till.partner, "reason": "x", "at": self.now, "points": points}
        if points > purse.points:
            with pytest.raises(InsufficientPoints):
                transfer_points(source=source, target=target, **given)
            return
        transfer_points(source=source, target=target, **given)
        for earned_at, part in purse.take(points):
            self.purses[1 - who].add(part, earned_at)

    @rule(hours=st.integers(1, 24 * 6))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.tick(0)

    @rule()
    def night(self) -> None:
        self.tick(0)
        expire_partner_points(partner=self.till.partner, at=self.now)
        rows = {row.customer_id: row for row in PointsBalance.objects.all()}
        for customer, purse in zip(self.customers, self.purses, strict=True):
            assert (rows[customer.pk].balance, rows[customer.pk].debt) == (purse.points, purse.debt)

    @rule(order=orders)
    def say_it_again(self, order: str) -> None:
        """A till that lost the answer changes nothing."""
        self.tick(0)
        sale = self.known[order]
        if sale.total and not sale.redeemed and sale.awarded == sale.total // 100:
            answer = self.till.sale(order, user_id=self.customers[sale.who].pk, order_total=sale.total / 100)
            assert answer.is_replay or answer.status == 409

    @invariant()
    def balances_read_as_the_model_says(self) -> None:
        views = get_points_views(issued_card_ids=[card.pk for card in self.cards], at=self.now)
        seen = [(views[card.pk].points, views[card.pk].debt) for card in self.cards]
        assert seen == [(purse.points, purse.debt) for purse in self.purses]
        open_lots = PointsLot.objects.filter(remaining__gt=0, expires_at__gt=self.now).order_by("earned_at", "pk")
        for card, purse in zip(self.cards, self.purses, strict=True):
            stored = [(lot.earned_at, lot.remaining) for lot in open_lots if lot.issued_card_id == card.pk]
            assert stored == [(lot[0], lot[2]) for lot in purse.lots if lot[2]]


def _run(runs: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=runs, stateful_step_count=steps, deadline=None, suppress_health_check=quiet, phases=phases
        ),
    )


@pytest.mark.django_db
def test_the_ledger_agrees_with_its_model() -> None:
    # Making a failure small takes minutes; `make prove` does.
    _run(25, 20, (Phase.explicit, Phase.reuse, Phase.generate))


@pytest.mark.slow
@pytest.mark.django_db
def test_the_ledger_agrees_with_its_model_for_long() -> None:
    _run(200, 50)
