"""Points end when they should: by the nightly run, on reading, and inside a sale; the first in go out first."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.utils import timezone

from cards.models import Card
from customers.models import Customer
from ledger.models import PointsBalance, PointsEntry, PointsLot
from ledger.services import expiry
from ledger.services.expiry import expire_partner_points
from ledger.services.points import Cause, post_points
from ledger.tasks import expire_points
from ledger.tests.factories import Till, assert_sound, balance_of, issued_card_of, ledger_state
from loyalty.services.audit import SYSTEM

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def holding(till: Till, *ages: int) -> Customer:
    """A customer with 100 points of each age in days, which live 30 days."""
    Card.objects.filter(pk=till.card.pk).update(points_expiration_days=30)
    customer = till.customer()
    issued = issued_card_of(customer)
    for days in ages:
        till.adjust(issued, 100, at=NOW - timedelta(days=days))
    return customer


def remaining(customer: Customer) -> list[int]:
    return list(
        PointsLot.objects.filter(issued_card__customer=customer)
        .order_by("earned_at")
        .values_list("remaining", flat=True)
    )


def test_the_nightly_run_ends_what_is_over_and_nothing_else() -> None:
    till, other = Till(), Till()
    customer, stranger = holding(till, 29, 20, 10), holding(other, 29)
    at = NOW + timedelta(days=1)
    assert expire_partner_points(partner=till.partner, at=at - timedelta(microseconds=1)) == 0
    assert expire_partner_points(partner=till.partner, at=at) == 1
    assert remaining(customer) == [0, 100, 100]
    row = PointsBalance.objects.get(customer=customer)
    assert (row.balance, row.expired, row.next_expiry_at) == (200, 100, NOW + timedelta(days=10))
    entry = PointsEntry.objects.get(kind="expire")
    assert (entry.points, entry.occurred_at, entry.actor_kind) == (-100, at, "system")
    assert balance_of(stranger) == (100, 0)
    assert_sound()


def test_points_are_over_at_the_very_instant_for_every_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till()
    customer = holding(till, 29)
    end = NOW + timedelta(days=1)
    for at, points in ((end - timedelta(microseconds=1), 100), (end, 0)):
        monkeypatch.setattr(timezone, "now", lambda at=at: at)
        assert till.get("loyalty-cards/balance", user_id=customer.pk).ok()["points"] == points
    sale = {"user_id": customer.pk, "order_total": 1, "points_redeemed": 100, "points": 0}
    before = ledger_state()
    till.sale(**sale).refused(400, "INSUFFICIENT_POINTS")
    assert ledger_state() == before
    monkeypatch.setattr(timezone, "now", lambda: end - timedelta(microseconds=1))
    assert till.sale(**sale).ok()["points_balance"] == 0


def test_running_it_again_changes_nothing() -> None:
    till = Till()
    holding(till, 29)
    at = NOW + timedelta(days=2)
    expire_partner_points(partner=till.partner, at=at)
    before = ledger_state()
    assert expire_partner_points(partner=till.partner, at=at) == 0
    assert ledger_state() == before


def test_many_cards_are_worked_off_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    till = Till()
    customers = [holding(till, 29, 5) for _ in range(5)]
    assert expire_partner_points(partner=till.partner, at=NOW + timedelta(days=2)) == 5
    assert [balance_of(customer) for customer in customers] == [(100, 0)] * 5
    assert_sound()


def test_a_balance_that_expects_an_expiry_too_early_is_put_right() -> None:
    till = Till()
    customer = holding(till, 20, 10)
    till.adjust(issued_card_of(customer), -100, at=NOW)
    assert PointsBalance.objects.get().next_expiry_at == NOW + timedelta(days=10)
    assert expire_partner_points(partner=till.partner, at=NOW + timedelta(days=15)) == 1
    assert PointsBalance.objects.get().next_expiry_at == NOW + timedelta(days=20)
    assert balance_of(customer) == (100, 0)
    assert not PointsEntry.objects.filter(kind="expire").exists()
    assert_sound()


def test_the_hourly_task_asks_for_every_partner() -> None:
    customers = []
    for _ in range(2):
        till = Till(points_expiration_days=30)
        customers.append(till.customer())
        till.adjust(issued_card_of(customers[-1]), 100, at=timezone.now() - timedelta(days=31))
    with app_runs_tasks_at_once():
        expire_points()
    assert [balance_of(customer) for customer in customers] == [(0, 0), (0, 0)]
    assert_sound()


@contextmanager
def app_runs_tasks_at_once() -> Iterator[None]:
    """Celery runs what is sent to it here and now."""
    current_app.conf.task_always_eager = True
    try:
        yield
    finally:
        current_app.conf.task_always_eager = False


def test_a_sale_ends_what_is_over_before_it_spends() -> None:
    till = Till()
    customer = holding(till, 29, 10)
    at = NOW + timedelta(days=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: at)
        before = ledger_state()
        sale = {"user_id": customer.pk, "order_total": 10}
        till.sale(**sale, points_redeemed=101).refused(400, "INSUFFICIENT_POINTS")
        assert ledger_state() == before
        data = till.sale(**sale, points_redeemed=100).ok()
    assert (data["points_balance"], data["points_awarded"]) == (9, 9)
    assert remaining(customer)[:2] == [0, 0]
    kinds = list(PointsEntry.objects.order_by("pk").values_list("kind", "points"))[-3:]
    assert kinds == [("expire", -100), ("redeem", -100), ("earn", 9)]
    # Early at most: the next look finds nothing due and moves it on.
    assert PointsBalance.objects.get().next_expiry_at == NOW + timedelta(days=20)
    assert expire_partner_points(partner=till.partner, at=NOW + timedelta(days=20)) == 1
    assert PointsBalance.objects.get().next_expiry_at == at + timedelta(days=30)
    assert_sound()


def test_a_sale_to_somebody_whose_points_are_all_over_earns_as_usual() -> None:
    till = Till()
    customer = holding(till, 29)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: NOW + timedelta(days=2))
        data = till.sale(user_id=customer.pk, order_total=10).ok()
    assert data["points_balance"] == 10
    assert PointsBalance.objects.get().expired == 100
    assert_sound()


def test_the_first_in_go_out_first_across_expiry_dates() -> None:
    till = Till()
    customer = till.customer()
    # The oldest never expires, the middle one soonest.
    for number, (days, lives) in enumerate(((30, None), (20, 40), (10, 365))):
        Card.objects.update(points_expiration_days=lives)
        till.adjust(issued_card_of(customer), 100 + number, at=NOW - timedelta(days=days))
    issued = issued_card_of(customer)
    till.adjust(issued, -150, at=NOW)
    assert remaining(customer) == [0, 51, 102]
    # On day 20 the middle ones are over.
    till.adjust(issued, -60, at=NOW + timedelta(days=20))
    assert remaining(customer) == [0, 0, 42]
    assert PointsBalance.objects.get().expired == 51
    assert_sound()


def test_a_late_sale_puts_its_points_into_their_place_in_the_row() -> None:
    till = Till()
    customer = till.customer()
    issued = issued_card_of(customer)
    till.adjust(issued, 100)
    then = timezone.now() - timedelta(days=5)
    till.sale(user_id=customer.pk, order_total=50, occurred_at=then.isoformat()).ok()
    till.sale(user_id=customer.pk, order_total=100, points=0, points_redeemed=100).ok()
    assert remaining(customer) == [0, 50]
    assert_sound()


def test_points_held_back_cannot_be_spent_yet_but_pay_what_is_taken_back() -> None:
    till = Till()
    customer = till.customer()
    till.sale("A", user_id=customer.pk, order_total=200).ok()
    PointsLot.objects.update(available_at=timezone.now() + timedelta(days=14))
    before = ledger_state()
    answer = till.sale(user_id=customer.pk, order_total=10, points_redeemed=100)
    answer.refused(400, "INSUFFICIENT_POINTS", "points_redeemed")
    assert " 0 available" in answer.body["message"]
    assert ledger_state() == before
    balance = till.get("loyalty-cards/balance", user_id=customer.pk).ok()
    assert (balance["points"], balance["available_points"]) == (200, 0)
    assert till.refund("A").ok()["points_balance"] == 0
    assert_sound()


def test_the_same_cause_never_counts_twice() -> None:
    till = Till()
    issued = issued_card_of(till.customer())
    cause = Cause("adjust", "once", SYSTEM, occurred_at=NOW)
    first = post_points(issued_card_id=issued.pk, points=50, cause=cause, at=NOW)
    before = ledger_state()
    again = post_points(issued_card_id=issued.pk, points=50, cause=cause, at=NOW)
    assert (first.is_repeat, again.is_repeat, again.balance.balance) == (False, True, 50)
    assert ledger_state() == before
