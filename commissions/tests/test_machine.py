"""A machine that sells, refunds, changes rates, synchronizes, locks and unlocks, held against a model in memory."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from commissions.errors import CommissionLocked, LaterPeriodLocked
from commissions.models import CommissionEntry, CommissionPeriod
from commissions.selectors.integrity import find_drift
from commissions.selectors.periods import checksum_of
from commissions.services.periods import lock_partner, lock_period, unlock_partner, unlock_period
from commissions.services.rates import NewCard, set_rates
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


class CommissionMachine(RuleBasedStateMachine):
    """The real services on one side, the model on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.books, self.model = Books(), Model()
        self.is_locked, self.checksums = False, dict[str, str]()
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
            assert run.total_after == Decimal(sum(self.model.lines().values())) / 100

    @precondition(lambda self: not self.is_locked and len(self.model.closed) < 3)
    @rule(month=st.sampled_from(MONTHS[:4]))
    def lock(self, month: str) -> None:
        status = lock_period(actor=SYSTEM, partner=self.books.partner, month=month, at=NOW)
        if month not in self.model.closed:
            self.model.close(month)
            self.agree()
            self.checksums[month] = status.checksum or ""
        assert status.checksum == self.checksums[month]

    @rule(month=st.sampled_from(MONTHS[:4]))
    def unlock(self, month: str) -> None:
        options = {"actor": SYSTEM, "partner": self.books.partner, "month": month, "reason": "again", "at": NOW}
        if month in self.model.closed and any(other > month for other in self.model.closed):
            with pytest.raises(LaterPeriodLocked):
                unlock_period(**options)
            return
        assert unlock_period(**options).is_locked is False
        self.model.closed.pop(month, None)
        self.checksums.pop(month, None)

    @rule(is_locking=st.booleans())
    def lock_all(self, is_locking: bool) -> None:
        who = {"actor": SYSTEM, "partner": self.books.partner, "reason": "audit", "at": NOW}
        status = lock_partner(**who) if is_locking else unlock_partner(**who)
        assert status.is_locked == is_locking
        self.is_locked = is_locking

    def agree(self) -> None:
        """Source by source and month by month, to the cent."""
        rows = CommissionEntry.objects.filter(partner=self.books.partner).select_related("period")
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
