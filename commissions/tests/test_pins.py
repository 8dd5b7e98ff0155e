"""Defaults that change while a partner's commission is locked do not reach it (analytics 3.2, force-sync 1)."""

from datetime import datetime
from decimal import Decimal

import pytest

from commissions.models import DefaultsPin
from commissions.selectors.integrity import find_drift
from commissions.selectors.rates import get_rate_card
from commissions.services.periods import lock_partner, unlock_partner
from commissions.services.proof import prove_lines
from commissions.services.rates import NewCard, set_rates
from commissions.tests.factories import RateFactory, clock, instant
from commissions.tests.months import NOW, Books
from loyalty.services.audit import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


def default(percent: str, at: datetime, valid_from: str | None = None) -> None:
    card = NewCard(
        flat={"platform": {"percent": Decimal(percent)}}, valid_from=clock(valid_from) if valid_from else None
    )
    set_rates(actor=SYSTEM, partner=None, card=card, at=at)


def lock(books: Books, at: str, until: str | None = None) -> None:
    lock_partner(actor=SYSTEM, partner=books.partner, locked_until=instant(until) if until else None, at=instant(at))


def unlock(books: Books, at: str) -> None:
    unlock_partner(actor=SYSTEM, partner=books.partner, reason="done", at=instant(at))


def shown(books: Books, at: str) -> str:
    rate = get_rate_card(partner=books.partner, at=instant(at)).wide["platform"]
    return "none" if rate is None else f"{rate.percent.normalize():f}"


def paid(books: Books) -> dict[str, str]:
    return {order: str(amount) for order, amount in books.amounts().items()}


def sound(books: Books) -> None:
    assert prove_lines(partner=books.partner, at=NOW) == []
    assert [rows for rows in find_drift(partner_id=books.partner.pk).values() if rows] == []


def test_a_changed_default_counts_for_a_locked_partner_from_the_end_of_its_lock() -> None:
    RateFactory()
    locked, free = Books(), Books()
    for books in (locked, free):
        books.sell("BEFORE", "100.00", "2026-07-01T09:00")
    lock(locked, "2026-07-05T09:00")
    # It reaches back to 1 July for those whom it reaches.
    default("3", instant("2026-07-10T09:00"), "2026-07-01")
    default("2", instant("2026-07-12T09:00"), "2026-07-12")
    assert (shown(locked, "2026-07-13T09:00"), shown(free, "2026-07-13T09:00")) == ("5", "2")
    for books in (locked, free):
        books.sell("WITHIN", "100.00", "2026-07-15T09:00")
        books.accrue(at=instant("2026-07-16T09:00"))
    assert paid(free) == {"BEFORE": "3.00", "WITHIN": "2.00"}
    assert paid(locked) == {}
    unlock(locked, "2026-07-20T09:00")
    locked.sell("AFTER", "100.00", "2026-07-20T09:00:01")
    locked.accrue(at=instant("2026-07-21T09:00"))
    assert paid(locked) == {"BEFORE": "5.00", "WITHIN": "5.00", "AFTER": "2.00"}
    assert locked.force(at=instant("2026-07-21T09:00")).unchanged == 3
    assert (shown(locked, "2026-07-13T09:00"), shown(locked, "2026-07-21T09:00")) == ("5", "2")
    sound(locked)
    sound(free)
    assert DefaultsPin.objects.count() == 1


def test_a_lock_that_runs_out_lets_the_defaults_through_then() -> None:
    RateFactory()
    books = Books()
    lock(books, "2026-07-05T09:00", until="2026-07-20T09:00")
    default("3", instant("2026-07-10T09:00"))
    books.sell("WITHIN", "100.00", "2026-07-20T08:59:59")
    books.sell("AFTER", "100.00", "2026-07-20T09:00")
    assert (shown(books, "2026-07-20T08:59:59"), shown(books, "2026-07-20T09:00")) == ("5", "3")
    books.accrue(at=instant("2026-07-21T09:00"))
    assert paid(books) == {"WITHIN": "5.00", "AFTER": "3.00"}
    sound(books)


def test_a_second_lock_keeps_what_the_first_one_kept() -> None:
    RateFactory()
    books = Books()
    books.sell("ONE", "100.00", "2026-06-10T09:00")
    lock(books, "2026-07-01T09:00")
    default("3", instant("2026-07-02T09:00"), "2026-06-01")
    unlock(books, "2026-07-03T09:00")
    books.sell("TWO", "100.00", "2026-07-04T09:00")
    lock(books, "2026-07-05T09:00")
    default("1", instant("2026-07-06T09:00"), "2026-06-01")
    unlock(books, "2026-07-07T09:00")
    books.sell("THREE", "100.00", "2026-07-08T09:00")
    books.accrue(at=instant("2026-07-09T09:00"))
    assert paid(books) == {"ONE": "5.00", "TWO": "3.00", "THREE": "1.00"}
    sound(books)


def test_own_rates_stand_before_what_was_kept() -> None:
    RateFactory()
    books = Books()
    RateFactory(partner=books.partner, percent=4, category="coffee")
    lock(books, "2026-07-01T09:00")
    default("3", instant("2026-07-02T09:00"), "2026-06-01")
    books.sell("CAKE", "100.00", "2026-07-03T09:00")
    books.coffee("COFFEE", "100.00", "2026-07-03T09:00")
    unlock(books, "2026-07-04T09:00")
    books.accrue(at=instant("2026-07-05T09:00"))
    assert paid(books) == {"CAKE": "5.00", "COFFEE": "4.00"}
    sound(books)
