"""A machine that does all that can be done to commission, held against a model in memory."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from commissions.errors import (
    CommissionLocked,
    CommissionPeriodSettled,
    CommissionStatementIssued,
    EarlierStatementDraft,
    LaterPeriodLocked,
)
from commissions.models import CommissionEntry, CommissionPeriod
from commissions.selectors.integrity import find_drift
from commissions.selectors.periods import checksum_of
from commissions.selectors.statements import statements_of
from commissions.services.manual import NewLine, add_line
from commissions.services.periods import lock_partner, lock_period, unlock_partner, unlock_period
from commissions.services.rates import NewCard, set_rates
from commissions.services.statements import issue_statement, settle_statement
from commissions.services.terms import set_terms
from commissions.tests.months import Books, counts
from loyalty.services.audit import SYSTEM

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
MONTHS = ("2026-06", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11")
FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)


class Source:
    """A sale or a refund: what it should pay in cents is worked out from scratch, in whole numbers."""

    def __init__(self, name: str, day: int, cents: int, original: "Source | None" = None) -> None:
        self.name, self.day, self.cents, self.original = name, day, cents, original
        self.refunds: list[Source] = []

    @property
    def month(self) -> str:
        return f"{FIRST + timedelta(days=self.day):%Y-%m}"


def half_up(number: int, of: int) -> int:
    """number / of, to the nearest whole, half away from zero."""
    return (2 * number + of) // (2 * of)


class Model:
    """What is in closed months, source by source, and what the rates say. Everything else follows."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.rates: list[tuple[int, int]] = []  # from day on, percent in hundredths
        self.closed: dict[str, dict[str, int]] = {}  # month: what it holds of each source
        self.by_hand: list[tuple[str, int]] = []  # month, cents
        self.terms: list[tuple[str, int, int | None, int]] = []  # from month on: minimum, cap, threshold
        self.extras: dict[str, int] = {}  # of closed months
        self.thresholds: dict[str, int] = {}
        self.issued: list[str] = []

    def pays(self, source: Source) -> int:
        if source.original is None:
            percent = next((percent for day, percent in reversed(self.rates) if day <= source.day), 0)
            return half_up(source.cents * percent, 10_000)
        before = sum(one.cents for one in self._earlier(source))
        line, whole = self.pays(source.original), source.original.cents
        return half_up(line * before, whole) - half_up(line * (before + source.cents), whole)

    def _earlier(self, refund: Source) -> list[Source]:
        others = refund.original.refunds if refund.original else []
        return others[: others.index(refund)]

    def change_rate(self, day: int, percent: int) -> None:
        self.rates = [(since, old) for since, old in self.rates if since < day] + [(day, percent)]

    def opens_at(self, month: str) -> str:
        return next(one for one in MONTHS[MONTHS.index(month) :] if one not in self.closed)

    def lines(self) -> dict[tuple[str, str], int]:
        """Cents by (source, month) of everything, if it were synchronized now."""
        found: dict[tuple[str, str], int] = {}
        for source in self.sources:
            frozen = {month: held[source.name] for month, held in self.closed.items() if source.name in held}
            for month, cents in frozen.items():
                found[source.name, month] = cents
            rest = self.pays(source) - sum(frozen.values())
            if rest or not frozen:
                found[source.name, self.opens_at(source.month)] = rest
        return found

    def close(self, month: str) -> None:
        held = {name: cents for (name, where), cents in self.lines().items() if where == month}
        self.closed[month] = held
        minimum, cap, threshold = next((terms[1:] for terms in reversed(self.terms) if terms[0] <= month), (0, None, 0))
        counted = sum(held.values())
        self.extras[month] = 0
        if minimum and counted < minimum:
            self.extras[month] = minimum - counted
        elif cap is not None and counted > cap:
            self.extras[month] = cap - counted
        self.thresholds[month] = threshold

    def reopen(self, month: str) -> None:
        for held in (self.closed, self.extras, self.thresholds):
            held.pop(month, None)

    def total(self, month: str) -> int:
        """Of a closed month: its sales, what people added, and what brought it to its minimum or cap."""
        by_hand = sum(cents for where, cents in self.by_hand if where == month)
        return sum(self.closed[month].values()) + by_hand + self.extras[month]

    def statements(self) -> list[tuple[str, int, int, int, int]]:
        """(month, opening, total, settled, closing), those issued first, then drafts by month."""
        found, carried = [], 0
        for month in (*self.issued, *sorted(set(self.closed) - set(self.issued))):
            opening, balance = carried, carried + self.total(month)
            settled = balance if balance > 0 and balance >= self.thresholds[month] else 0
            carried = balance - settled
            found.append((month, opening, self.total(month), settled, carried))
        return found


class CommissionMachine(RuleBasedStateMachine):
    """The real services on one side, the model on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.books, self.model = Books(), Model()
        self.is_locked, self.checksums, self.settled = False, dict[str, str](), set[str]()
        self.number = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def _at(self, day: int) -> str:
        self.number += 1
        return f"{FIRST + timedelta(days=day, seconds=self.number):%Y-%m-%dT%H:%M:%S}"

    @rule(day=st.integers(0, 110), cents=st.integers(1, 100_000))
    def sell(self, day: int, cents: int) -> None:
        name = f"S{len(self.model.sources)}"
        self.books.sell(name, str(Decimal(cents) / 100), self._at(day))
        self.model.sources.append(Source(name, day, cents))

    @precondition(lambda self: any(one.original is None for one in self.model.sources))
    @rule(data=st.data(), later=st.integers(0, 40))
    def refund(self, data: Any, later: int) -> None:
        sale = data.draw(st.sampled_from([one for one in self.model.sources if one.original is None]))
        left = sale.cents - sum(one.cents for one in sale.refunds)
        if left == 0:
            return
        day, cents = min(sale.day + later, 110), data.draw(st.integers(1, left))
        row = self.books.refund(sale.name, str(Decimal(cents) / 100), self._at(day))
        refund = Source(f"R{row.pk}", day, cents, sale)
        sale.refunds.append(refund)
        self.model.sources.append(refund)

    @rule(day=st.integers(0, 110), percent=st.integers(0, 2_000))
    def change_rate(self, day: int, percent: int) -> None:
        since = datetime(2026, 6, 1) + timedelta(days=day)  # noqa: DTZ001 - a wall clock
        draft = {"platform": {"percent": Decimal(percent) / 100}}
        card = NewCard(flat=draft, valid_from=since)
        last = max(self.model.closed, default="")
        if self.is_locked or f"{since:%Y-%m}" <= last:
            with pytest.raises(CommissionLocked):
                set_rates(actor=SYSTEM, partner=self.books.partner, card=card, at=NOW)
            return
        set_rates(actor=SYSTEM, partner=self.books.partner, card=card, at=NOW)
        self.model.change_rate(day, percent)

    @rule(chunk=st.integers(1, 5))
    def accrue(self, chunk: int) -> None:
        done = self.books.accrue(at=NOW, chunk=chunk)
        if self.is_locked:
            assert done.is_empty
        else:
            self.agree()

    @rule(is_dry=st.booleans())
    def force(self, is_dry: bool) -> None:
        if self.is_locked:
            with pytest.raises(CommissionLocked):
                self.books.force(is_dry=is_dry, at=NOW)
            return
        before = CommissionEntry.objects.count()
        run = self.books.force(is_dry=is_dry, at=NOW)
        if is_dry:
            assert CommissionEntry.objects.count() == before
        else:
            self.agree()
            assert counts(self.books.force(at=NOW))[:3] == (0, 0, 0)
            beside = sum(cents for _month, cents in self.model.by_hand) + sum(self.model.extras.values())
            assert run.total_after == Decimal(sum(self.model.lines().values()) + beside) / 100

    @rule(month=st.sampled_from(MONTHS[:4]), cents=st.integers(-5_000, 5_000).filter(bool))
    def write_by_hand(self, month: str, cents: int) -> None:
        new = NewLine(reason="by hand", amount=Decimal(cents) / 100, month=month)
        who = {"actor": SYSTEM, "partner": self.books.partner, "at": NOW}
        if self.is_locked or month in self.model.closed:
            with pytest.raises(CommissionLocked):
                add_line(new=new, **who)
            return
        add_line(new=new, **who)
        self.model.by_hand.append((month, cents))

    @rule(
        month=st.sampled_from(MONTHS[:4]),
        minimum=st.integers(0, 20_000),
        above=st.none() | st.integers(0, 20_000),
        threshold=st.integers(0, 20_000),
    )
    def agree_on_terms(self, month: str, minimum: int, above: int | None, threshold: int) -> None:
        cap = None if above is None else minimum + above
        said = {"minimum": Decimal(minimum) / 100, "threshold": Decimal(threshold) / 100}
        said["cap"] = None if cap is None else Decimal(cap) / 100  # type: ignore[assignment]
        call = {"actor": SYSTEM, "partner": self.books.partner, "said": said, "valid_from": month, "at": NOW}
        if self.is_locked or month <= max(self.model.closed, default=""):
            with pytest.raises(CommissionLocked):
                set_terms(**call)
            return
        set_terms(**call)
        self.model.terms.append((month, minimum, cap, threshold))

    @precondition(lambda self: set(self.model.closed) - set(self.model.issued))
    @rule(data=st.data(), is_paid=st.booleans())
    def issue(self, data: Any, is_paid: bool) -> None:
        drafts = sorted(set(self.model.closed) - set(self.model.issued))
        month = data.draw(st.sampled_from(drafts))
        statement = statements_of(partner=self.books.partner).get(month=month)
        act = settle_statement if is_paid else issue_statement
        if month != drafts[0]:
            with pytest.raises(EarlierStatementDraft):
                act(actor=SYSTEM, statement=statement, at=NOW)
            return
        done = act(actor=SYSTEM, statement=statement, at=NOW)
        self.model.issued.append(month)
        self.settled |= {month} if is_paid or done.settled == 0 else set()
        assert done.number == len(self.model.issued)

    @precondition(lambda self: not self.is_locked and len(self.model.closed) < 3)
    @rule(month=st.sampled_from(MONTHS[:4]))
    def lock(self, month: str) -> None:
        if month in self.settled:
            with pytest.raises(CommissionPeriodSettled):
                lock_period(actor=SYSTEM, partner=self.books.partner, month=month, at=NOW)
            return
        status = lock_period(actor=SYSTEM, partner=self.books.partner, month=month, at=NOW)
        if month not in self.model.closed:
            self.model.close(month)
            self.agree()
            self.checksums[month] = status.checksum or ""
        assert status.checksum == self.checksums[month]

    @rule(month=st.sampled_from(MONTHS[:4]))
    def unlock(self, month: str) -> None:
        options = {"actor": SYSTEM, "partner": self.books.partner, "month": month, "reason": "again", "at": NOW}
        refusal: Any = None
        if month in self.settled:
            refusal = CommissionPeriodSettled
        elif month in self.model.closed and any(other > month for other in self.model.closed):
            refusal = LaterPeriodLocked
        elif month in self.model.issued:
            refusal = CommissionStatementIssued
        if refusal is not None:
            with pytest.raises(refusal):
                unlock_period(**options)
            return
        assert unlock_period(**options).is_locked is False
        self.model.reopen(month)
        self.checksums.pop(month, None)

    @rule(is_locking=st.booleans())
    def lock_all(self, is_locking: bool) -> None:
        who = {"actor": SYSTEM, "partner": self.books.partner, "reason": "audit", "at": NOW}
        status = lock_partner(**who) if is_locking else unlock_partner(**who)
        assert status.is_locked == is_locking
        self.is_locked = is_locking

    def agree(self) -> None:
        """Source by source and month by month, to the cent."""
        rows = CommissionEntry.objects.filter(partner=self.books.partner, source_type="transaction").select_related(
            "period"
        )
        names = {row.pk: row for row in rows}
        found: dict[tuple[str, str], int] = {}
        orders = self._orders()
        for row in names.values():
            key = (orders[row.source_id], row.period.month)
            assert key not in found
            found[key] = int(row.amount * 100)
        assert found == self.model.lines()

    def _orders(self) -> dict[int, str]:
        from_sales = {one.pk: one for one in self.books.transactions()}
        return {pk: one.order_id if one.original_id is None else f"R{pk}" for pk, one in from_sales.items()}

    @invariant()
    def closed_months_stand(self) -> None:
        for month, checksum in self.checksums.items():
            period = CommissionPeriod.objects.get(partner=self.books.partner, month=month)
            assert checksum_of(period=period) == checksum == period.checksum

    @invariant()
    def statements_follow_each_other(self) -> None:
        rows = statements_of(partner=self.books.partner).order_by(F("number").asc(nulls_last=True), "month")
        names = ("opening", "total", "settled", "closing")
        found = [(row.month, *(int(getattr(row, name) * 100) for name in names)) for row in rows]
        assert found == self.model.statements()

    @invariant()
    def nothing_drifts(self) -> None:
        assert {name: rows for name, rows in find_drift(partner_id=self.books.partner.pk).items() if rows} == {}


def _run(runs: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        CommissionMachine,
        settings=settings(
            max_examples=runs, stateful_step_count=steps, deadline=None, suppress_health_check=quiet, phases=phases
        ),
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("feed_sees_all")
def test_commission_agrees_with_its_model() -> None:
    # Making a failure small takes minutes; `make prove` does.
    _run(15, 20, (Phase.explicit, Phase.reuse, Phase.generate))


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("feed_sees_all")
def test_commission_agrees_with_its_model_for_long() -> None:
    _run(200, 50)
