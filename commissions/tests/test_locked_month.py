"""Whatever happens afterwards, a locked month keeps every byte (promise A9)."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from commissions.errors import CommissionLocked
from commissions.models import CommissionEntry
from commissions.rules.cards import Draft
from commissions.selectors.integrity import find_drift
from commissions.services.manual import NewLine, add_line
from commissions.services.periods import lock_partner, lock_period, unlock_partner
from commissions.services.proof import prove_lines
from commissions.services.rates import NewCard, set_rates
from commissions.tests.months import NOW, Books
from ledger.models import Transaction
from loyalty.errors import LoyaltyError
from loyalty.services.audit import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
JUNE = "2026-06"
# Every column as PostgreSQL writes it, of the month, its lines and its statement.
BYTES = """
SELECT 'month', p::text FROM commissions_commissionperiod p WHERE p.month = '2026-06'
UNION ALL SELECT 'line', e::text FROM commissions_commissionentry e
    JOIN commissions_commissionperiod p ON p.id = e.period_id WHERE p.month = '2026-06'
UNION ALL SELECT 'statement', s::text FROM commissions_statement s
    JOIN commissions_commissionperiod p ON p.id = s.period_id WHERE p.month = '2026-06'
ORDER BY 1, 2
"""


def june() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(BYTES)
        return cursor.fetchall()


class Chance:
    """Does something at random that could touch June; says whether it was refused."""

    def __init__(self, books: Books, seed: int) -> None:
        self.books, self.dice, self.number = books, random.Random(seed), 0
        self.done: Counter[str] = Counter()
        self.sold: list[tuple[str, int]] = []
        self.acts: list[tuple[int, Callable[[], object]]] = [
            (40, self.sell),
            (25, self.refund),
            (15, self.accrue),
            (4, self.change_rates),
            (5, self.force),
            (2, self.force_june),
            (3, self.lock_again),
            (1, self.lock_all),
            (5, self.unlock_all),
            (3, self.add_line),
            (2, self.add_line_to_june),
            (4, self.write_by_sql),
        ]

    def step(self) -> None:
        weights, acts = zip(*self.acts, strict=True)
        act = self.dice.choices(acts, weights)[0]
        name = act.__name__
        try:
            with transaction.atomic():
                act()
            self.done[name] += 1
        except LoyaltyError as error:
            self.done[f"{name}: {error.code}"] += 1

    def moment(self, first_month: int = 6) -> str:
        self.number += 1
        return f"2026-{self.dice.randint(first_month, 8):02}-{self.dice.randint(1, 9):02}T09:{self.number % 60:02}:00"

    def sell(self) -> None:
        order, cents = f"C{self.number}", self.dice.randint(1, 50_000)
        group = [("coffee", f"{Decimal(cents) / 100:.2f}")] if self.dice.random() < 0.3 else []
        self.books.sell(order, f"{Decimal(cents) / 100:.2f}", self.moment(), *group)
        self.sold.append((order, cents))

    def refund(self) -> None:
        if not self.sold:
            return
        order, left = self.sold.pop(self.dice.randrange(len(self.sold)))
        cents = self.dice.randint(1, left)
        self.number += 1
        part = f"{Decimal(cents) / 100:.2f}"
        self.books.refund(order, part, f"2026-{self.dice.randint(7, 8):02}-09T10:00:00.{self.number:06}")
        if left > cents:
            self.sold.append((order, left - cents))

    def accrue(self) -> None:
        self.books.accrue(chunk=self.dice.choice([3, 1000]))

    def force(self) -> None:
        self.books.force()

    def force_june(self) -> None:
        self.books.force(JUNE)

    def change_rates(self) -> None:
        since = datetime.fromisoformat(self.moment())
        percent = Decimal(self.dice.randint(0, 900)) / 100
        drafts = [Draft("platform", percent=percent, valid_from=since)]
        set_rates(actor=SYSTEM, partner=self.books.partner, card=NewCard(rates=drafts), at=NOW)

    def lock_again(self) -> None:
        lock_period(actor=SYSTEM, partner=self.books.partner, month=JUNE, reason="again", at=NOW)

    def lock_all(self) -> None:
        lock_partner(actor=SYSTEM, partner=self.books.partner, reason="audit", at=NOW)

    def unlock_all(self) -> None:
        unlock_partner(actor=SYSTEM, partner=self.books.partner, reason="done", at=NOW)

    def add_line(self, month: str | None = None) -> None:
        amount = Decimal(self.dice.randint(-500, 500) or 1) / 100
        new = NewLine(reason="goodwill", amount=amount, month=month)
        add_line(actor=SYSTEM, partner=self.books.partner, new=new, at=NOW)

    def add_line_to_june(self) -> None:
        self.add_line(JUNE)

    def write_by_sql(self) -> None:
        """Past every service: the database itself refuses."""
        rows = CommissionEntry.objects.filter(partner=self.books.partner, period__month=JUNE)
        statement = self.dice.choice(
            [lambda: rows.update(base=Decimal(9)), rows.delete, lambda: rows.update(period=self._other_month())]
        )
        with pytest.raises(Exception, match="closed period never changes"), transaction.atomic():
            statement()

    def _other_month(self) -> int:
        return CommissionEntry.objects.filter(partner=self.books.partner).latest("pk").period_id


def keep_june_through(operations: int) -> None:
    books = Books().with_rates()
    chance = Chance(books, 9)
    for number in range(40):
        amount = 100 + number * 37
        books.sell(f"J{number}", f"{Decimal(amount) / 100:.2f}", f"2026-06-{1 + number % 28:02}T09:00")
        chance.sold.append((f"J{number}", amount))
    books.refund("J1", "0.50", "2026-06-29T09:00")
    chance.sold = [(order, cents - 50 if order == "J1" else cents) for order, cents in chance.sold]
    lock_period(actor=SYSTEM, partner=books.partner, month=JUNE, reason="close", at=NOW)
    before = june()
    assert len(before) >= 42
    for number in range(operations):
        chance.step()
        if number % 50 == 0:
            assert june() == before, chance.done
    assert june() == before
    chance.unlock_all()
    books.accrue()
    assert june() == before
    assert {name: rows for name, rows in find_drift(partner_id=books.partner.pk).items() if rows} == {}
    assert prove_lines(partner=books.partner, at=NOW) == []
    # Everything happened, and what has to be refused was.
    missing = {act.__name__ for _weight, act in chance.acts} - set(chance.done)
    assert missing == {"force_june", "add_line_to_june"}, chance.done
    assert all(chance.done[f"{name}: {CommissionLocked.code}"] for name in missing)
    late = CommissionEntry.objects.filter(partner=books.partner, origin_month=JUNE).exclude(period__month=JUNE)
    assert Transaction.objects.filter(pk__in=late.values("source_id")).exists()


def test_a_locked_month_keeps_every_byte() -> None:
    keep_june_through(300)


@pytest.mark.slow
def test_a_locked_month_keeps_every_byte_through_ten_thousand_operations() -> None:
    keep_june_through(10_000)
