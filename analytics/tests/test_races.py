"""Several at once, and killed half-way. Committed for real, on connections of their own."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from analytics.models import PartnerDay, RollupCursor
from analytics.selectors.cursors import list_partners_to_roll_up_across_partners
from analytics.services import rolling
from analytics.tasks import roll_up, roll_up_of_partner
from analytics.tests.worlds import NOW, Shops, assert_sound, current, state, statistics
from commissions.tests.test_races import at_once, wait_until_final
from ledger.models import Transaction

pytestmark = pytest.mark.django_db(transaction=True)
JUNE = {"period": "2026-06"}


@pytest.fixture
def shops() -> Shops:
    shops = Shops()
    members = [shops.customer(), None]
    for number in range(30):
        sale = shops.buy("10.00", f"2026-06-{1 + number % 5:02}T09:00", members[number % 2])
        if number % 10 == 0:
            shops.undo(sale, "1.00", "2026-06-20T09:00")
    wait_until_final()
    return shops


def _total() -> tuple[int, Any]:
    rows = PartnerDay.objects.all()
    return sum(row.purchases for row in rows), sum(row.revenue for row in rows)


def test_two_schedulers_at_once_count_everything_once(shops: Shops) -> None:
    partner_id = shops.partner.pk
    for _ in range(3):
        at_once(*([lambda: roll_up_of_partner(partner_id=partner_id)] * 4))
    assert _total() == (30, 300)
    assert_sound()


def test_while_somebody_rolls_up_another_does_nothing(shops: Shops) -> None:
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert rolling._try_lock(shops.partner.pk)
            is_held.set()
            may_end.wait(60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait(60)
    assert shops.roll() == rolling.Rolled()
    assert shops.rebuild() is None
    may_end.set()
    thread.join()
    assert shops.roll().sales == 33


def _killed_at(monkeypatch: pytest.MonkeyPatch, name: str, call: Callable[[], Any], *, after: int = 0) -> None:
    """Run `call` on a connection that the server ends when it comes to `name` after so many times."""
    whole, times = getattr(rolling, name), 0

    def dying(*args: Any) -> Any:
        nonlocal times
        done = whole(*args)
        times += 1
        if times > after:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return done

    monkeypatch.setattr(rolling, name, dying)
    with pytest.raises(OperationalError):
        call()
    monkeypatch.setattr(rolling, name, whole)
    connection.close()


@pytest.mark.parametrize("name", ["_add_sales", "_add_points"])
@pytest.mark.parametrize("after", [0, 2])
def test_killed_within_a_step_it_goes_on_where_the_last_whole_step_ended(
    shops: Shops, monkeypatch: pytest.MonkeyPatch, name: str, after: int
) -> None:
    _killed_at(monkeypatch, name, lambda: shops.roll(chunk=7), after=after)
    assert _total()[0] <= 7 * after
    assert RollupCursor.objects.count() == (after > 0)
    assert_sound()
    # The statistics do not wait for it.
    assert current(statistics(**JUNE), "purchases", "revenue", "refunds", "active_customers") == (
        *(30, "300.00", "3.00", 1),
    )
    shops.roll()
    assert _total() == (30, 300)
    assert_sound()


def test_killed_within_a_rebuild_the_numbers_stay(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    shops.roll()
    good = state()
    _killed_at(monkeypatch, "_add_sales", lambda: shops.rebuild(chunk=7), after=1)
    assert _total()[0] < 30
    assert current(statistics(**JUNE), "purchases", "revenue", "active_customers") == (30, "300.00", 1)
    shops.roll()
    assert state() == good
    assert_sound()


def test_a_sale_that_commits_late_is_neither_lost_nor_counted_twice() -> None:
    shops = Shops()
    began, may_commit = threading.Event(), threading.Event()

    def sell_slowly() -> None:
        with transaction.atomic():
            shops.buy("10.00", "2026-06-10T09:00")
            began.set()
            may_commit.wait(60)
        connection.close()

    thread = threading.Thread(target=sell_slowly)
    thread.start()
    began.wait(60)
    shops.buy("1.00", "2026-06-10T09:00")
    shops.roll()
    assert current(statistics(**JUNE), "revenue") == ("1.00",)
    may_commit.set()
    thread.join()
    assert current(statistics(**JUNE), "revenue") == ("11.00",)
    wait_until_final()
    shops.roll()
    assert shops.days() == {"06-10": (2, "11.00")}
    assert current(statistics(**JUNE), "revenue") == ("11.00",)
    assert_sound()


def test_a_receipt_attached_while_its_sale_is_rolled_up_counts_once() -> None:
    for _ in range(5):
        shops = Shops()
        member = shops.customer()
        sales = [shops.buy("10.00", "2026-06-10T09:00") for _ in range(6)]
        wait_until_final()

        def attach(sales: list[Transaction] = sales, shops: Shops = shops, member: Any = member) -> None:
            for sale in sales:
                shops.attach(sale, member)

        at_once(lambda shops=shops: shops.roll(chunk=1), attach)
        wait_until_final()
        shops.roll()
        assert shops.days("purchases", "revenue", "points_issued") == {"06-10": (6, "60.00", 60)}
        assert_sound(shops.partner.pk)


def test_the_schedule_asks_for_partners_with_news_alone(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(roll_up_of_partner, "delay", lambda **ids: asked.append(ids["partner_id"]))
    roll_up()
    assert asked == [shops.partner.pk]
    shops.roll()
    assert list_partners_to_roll_up_across_partners() == []
    shops.accrue()
    assert list_partners_to_roll_up_across_partners() == []
    sale = shops.buy("9.00", "2026-06-10T09:00")
    wait_until_final()
    assert list_partners_to_roll_up_across_partners() == [shops.partner.pk]
    shops.roll()
    shops.attach(sale, shops.customer(), at=NOW.replace(month=6))
    assert list_partners_to_roll_up_across_partners() == [shops.partner.pk]
