"""Exact for today: what the page says the moment after something happened, and that the task does not change it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.models import RollupCursor
from analytics.selectors.cursors import list_partners_to_roll_up_across_partners
from analytics.tasks import roll_up_of_partner
from analytics.tests.worlds import Shops, assert_sound
from commissions.services.sync import force_sync
from commissions.tests.callers import admin_caller
from commissions.tests.factories import RateFactory, instant
from ledger.tests.factories import issued_card_of
from loyalty.api import base
from loyalty.services.audit import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
PATH = "/en/admin/partners/stats"
Say = Callable[..., dict[str, Any]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Asks at a moment for the current figures of the only currency (none: nothing in them)."""
    boss = admin_caller()

    def asked(at: str, period: str = "today", *, previous: bool = False) -> dict[str, Any]:
        class Clock:
            @staticmethod
            def now() -> datetime:
                return instant(at)

        monkeypatch.setattr(base, "timezone", Clock)
        (block,) = boss.get(PATH, period=period)["data"]["currencies"]
        half = "previous" if previous else "current"
        return {name: figure[half] for name, figure in block["totals"].items()}

    return asked


def run_the_task(shops: Shops) -> None:
    """As the schedule does: only for partners of whom there is news."""
    assert list_partners_to_roll_up_across_partners() == [shops.partner.pk]
    roll_up_of_partner(partner_id=shops.partner.pk)
    assert list_partners_to_roll_up_across_partners() == []
    assert_sound()


def always(shops: Shops, *expected: tuple[Callable[[], dict[str, Any]], dict[str, Any]]) -> None:
    """Before the task, after it, and after another run."""
    for _ in range(2):
        for ask, figures in expected:
            said = ask()
            assert {name: said[name] for name in figures} == figures
        if list_partners_to_roll_up_across_partners():
            run_the_task(shops)


def a_second_before(moment: str) -> str:
    return (instant(moment) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize(
    ("zone", "midnight", "next_midnight"),
    [
        # 23 hours, 25 hours; a midnight that does not exist (Beirut goes from 23:59:59 to 01:00), and one that comes
        # twice (Havana goes back from 01:00 to 00:00).
        ("Europe/Vilnius", "2026-03-28T22:00:00", "2026-03-29T21:00:00"),
        ("Europe/Vilnius", "2026-10-24T21:00:00", "2026-10-25T22:00:00"),
        ("Asia/Beirut", "2026-03-28T22:00:00", "2026-03-29T21:00:00"),
        ("America/Havana", "2026-11-01T04:00:00", "2026-11-02T05:00:00"),
        ("Pacific/Auckland", "2026-09-26T12:00:00", "2026-09-27T11:00:00"),
        ("Asia/Kathmandu", "2026-05-31T18:15:00", "2026-06-01T18:15:00"),
    ],
)
def test_a_sale_at_midnight_is_the_new_days(say: Say, zone: str, midnight: str, next_midnight: str) -> None:
    shops = Shops(partner={"time_zone": zone})
    ann, bob = shops.customer(), shops.customer()
    shops.buy("1.00", a_second_before(midnight), ann)
    shops.buy("2.00", midnight, ann)
    shops.buy("4.00", a_second_before(next_midnight), bob)
    shops.buy("8.00", next_midnight, bob)
    today = {"revenue": 6, "purchases": 2, "active_customers": 2, "points_issued": 6, "points_outstanding": 7}
    always(
        shops,
        (lambda: say(midnight), today),
        (lambda: say(next_midnight, "yesterday"), today),
        (lambda: say(midnight, previous=True), {"revenue": 1, "active_customers": 1, "points_outstanding": 1}),
        (lambda: say(next_midnight), {"revenue": 8, "active_customers": 1, "points_outstanding": 15}),
    )


def test_whatever_the_task_left_behind_for_days_is_there_at_once(say: Say) -> None:
    shops = Shops()
    ann = shops.customer()
    shops.buy("100.00", "2026-11-01T09:00", ann)
    run_the_task(shops)
    RollupCursor.objects.update(rolled_at=instant("2026-11-01T09:01"))
    for day in range(2, 21):
        shops.buy("10.00", f"2026-11-{day:02}T08:00", ann if day % 2 else None)
    always(
        shops,
        (lambda: say("2026-11-20T12:00"), {"revenue": 10, "active_customers": 0, "points_issued": 0}),
        (
            lambda: say("2026-11-20T12:00", "this_month"),
            {"revenue": 290, "purchases": 20, "active_customers": 1, "points_issued": 190, "points_outstanding": 190},
        ),
    )


def test_a_late_refund_of_an_old_sale_is_todays_and_leaves_the_old_day_alone(say: Say) -> None:
    shops = Shops()
    RateFactory(percent=5)
    ann = shops.customer()
    sale = shops.buy("80.00", "2026-02-10T09:00", ann)
    shops.accrue()
    run_the_task(shops)
    shops.undo(sale, "30.00", "2026-11-20T09:00")
    shops.accrue()
    always(
        shops,
        (
            lambda: say("2026-11-20T12:00"),
            {"revenue": 0, "refunds": 30, "net_revenue": -30, "points_issued": -30, "commission": -1.5}
            | {"transactions": 1, "active_customers": 0, "points_outstanding": 50},
        ),
        (
            lambda: say("2026-11-20T12:00", "2026-02"),
            {"revenue": 80, "refunds": 0, "points_issued": 80, "points_outstanding": 80, "commission": 4},
        ),
    )


def test_a_correction_of_a_past_day_is_that_days(say: Say) -> None:
    shops = Shops()
    RateFactory(percent=5)
    ann, bob = shops.customer(), shops.customer()
    shops.buy("80.00", "2026-11-10T09:00", ann)
    anonymous = shops.buy("20.00", "2026-11-10T10:00")
    shops.accrue()
    run_the_task(shops)
    # A forgotten receipt, a sale that a till kept offline, points by staff, another percentage.
    shops.attach(anonymous, bob)
    shops.buy("40.00", "2026-11-10T20:00", ann)
    shops.adjust(issued_card_of(ann), 7, instant("2026-11-10T21:59:59"))
    RateFactory(component="processing", percent=1)
    force_sync(actor=SYSTEM, partner=shops.partner, month=None, is_dry=False, at=instant("2026-11-20T12:00"))
    always(
        shops,
        (
            lambda: say("2026-11-10T21:59:59"),
            {"revenue": 140, "purchases": 3, "active_customers": 2, "points_issued": 140, "points_adjusted": 7}
            | {"points_outstanding": 147, "commission": 8.4},
        ),
        (
            lambda: say("2026-11-20T12:00"),
            {"revenue": 0, "active_customers": 0, "points_adjusted": 0, "commission": 0, "points_outstanding": 147},
        ),
    )
