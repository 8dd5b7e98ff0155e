"""`GET /{locale}/admin/partners/stats`: exact numbers, before and after they are rolled up."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.rules.asking import Scope
from analytics.tests.worlds import Shops, current, statistics
from commissions.tests.callers import admin_caller
from commissions.tests.factories import RateFactory, instant
from partners.models import Partner, Plan
from partners.tests.callers import Caller, credential_caller, staff_caller
from partners.tests.factories import PartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]
PATH = "/en/admin/partners/stats"
JUNE: dict[str, Any] = {"period": "2026-06"}


def small_world() -> tuple[Shops, Shops]:
    """May and June of two partners."""
    one, two = Shops(), Shops()
    RateFactory(percent=5)
    ann, bob = one.customer(), one.customer()
    one.buy("100.00", "2026-05-15T09:00", ann)
    sale = one.buy("60.00", "2026-06-10T09:00", ann)
    one.buy("40.00", "2026-06-11T09:00", bob)
    one.buy("10.00", "2026-06-11T10:00")
    one.undo(sale, "20.00", "2026-06-30T20:59:59")
    two.buy("80.00", "2026-05-20T09:00", two.customer())
    two.buy("30.00", "2026-06-20T09:00", two.customer())
    two.buy("5.00", "2026-06-30T21:00")  # July in Vilnius
    for shops in (one, two):
        shops.accrue()
    return one, two


def assert_the_small_world(data: dict[str, Any], one: Shops, two: Shops) -> None:
    assert (data["period"]["date_from"], data["period"]["date_to"], data["period"]["previous_from"]) == (
        *("2026-06-01", "2026-06-30", "2026-05-02"),
    )
    (block,) = data["currencies"]
    shown = {name: (figure["current"], figure["previous"]) for name, figure in block["totals"].items()}
    assert (block["currency"], block["partners"]) == ("EUR", 2)
    assert shown == {
        "transactions": (5, 2),
        "purchases": (4, 2),
        "reversals": (1, 0),
        "active_customers": (3, 2),
        "points_issued": (110, 180),
        "points_redeemed": (0, 0),
        "points_expired": (0, 0),
        "points_adjusted": (0, 0),
        "points_outstanding": (290, 180),
        "points_burn_to_earn": (0, 0),
        "revenue": (140, 180),
        "refunds": (20, 0),
        "net_revenue": (120, 180),
        "discounts": (0, 0),
        "commission": (6, 9),
        "average_purchase": (35, 90),
    }
    assert block["totals"]["net_revenue"] == {"current": 120, "previous": 180, "change": -60, "growth": -33.33}
    ranked = [(row["id"], row["net_revenue"]["current"], row["net_revenue"]["change"]) for row in block["top_partners"]]
    assert ranked == [(one.partner.pk, 90, -10), (two.partner.pk, 30, -50)]
    assert [row["id"] for row in block["falling_partners"]] == [two.partner.pk, one.partner.pk]
    assert [(row["key"], row["net_revenue"]["current"]) for row in block["by_tier"]] == [("starter", 120)]
    assert [(row["key"], row["partners"]) for row in block["by_status"]] == [("active", 2)]
    assert data["totals"]["active_customers"] == {"current": 3, "previous": 2, "change": 1, "growth": 50}


def test_the_numbers_are_the_same_however_far_the_roll_up_has_come() -> None:
    one, two = small_world()
    boss = admin_caller()
    assert_the_small_world(boss.get(PATH, **JUNE)["data"], one, two)
    one.roll(chunk=2)
    assert_the_small_world(boss.get(PATH, **JUNE)["data"], one, two)
    two.roll()
    assert_the_small_world(boss.get(PATH, **JUNE)["data"], one, two)


def test_what_is_sold_after_the_roll_up_counts_at_once_and_a_known_customer_only_once() -> None:
    shops = Shops()
    ann = shops.customer()
    shops.buy("10.00", "2026-06-10T09:00", ann)
    shops.roll()
    shops.buy("20.00", "2026-06-11T09:00", ann)
    shops.buy("30.00", "2026-06-12T09:00", shops.customer())
    names = ("revenue", "purchases", "active_customers", "points_issued", "points_outstanding")
    expected = ("60.00", 3, 2, 60, 60)
    assert current(statistics(**JUNE), *names) == expected
    shops.roll()
    assert current(statistics(**JUNE), *names) == expected


def test_a_receipt_just_attached_makes_its_customer_active_at_once() -> None:
    shops = Shops()
    sale = shops.buy("10.00", "2026-06-10T09:00")
    shops.roll()
    assert current(statistics(**JUNE), "active_customers", "points_issued") == (0, 0)
    shops.attach(sale, shops.customer())
    assert current(statistics(**JUNE), "active_customers", "points_issued") == (1, 10)
    shops.roll()
    assert current(statistics(**JUNE), "active_customers", "points_issued") == (1, 10)


def test_today_is_each_partners_own() -> None:
    east, west = Shops(partner={"time_zone": "Pacific/Auckland"}), Shops(partner={"time_zone": "America/Los_Angeles"})
    at = instant("2026-11-20T12:00")  # 21 November in Auckland, the 20th in Los Angeles
    east.buy("1.00", "2026-11-20T11:30")  # the 21st
    east.buy("2.00", "2026-11-20T10:30")  # the 20th: yesterday there
    west.buy("4.00", "2026-11-20T08:30")  # the 20th
    west.buy("8.00", "2026-11-20T07:30")  # the 19th
    for rolled in (False, True):
        found = statistics("today", at=at)
        assert current(found, "revenue", "purchases") == ("5.00", 2), rolled
        assert found.blocks[0].totals.previous["revenue"] == 10
        east.roll()
        west.roll()


def test_a_long_period_is_read_from_months_and_says_the_same_as_its_days() -> None:
    shops = Shops()
    ann = shops.customer()
    for month in range(1, 11):
        shops.buy(f"{month}.00", f"2026-{month:02}-15T09:00", ann)
        shops.buy("0.50", f"2026-{month:02}-01T00:30")
    shops.roll()
    found = statistics(first=date(2026, 1, 15), last=date(2026, 10, 15))
    assert current(found, "revenue", "purchases", "active_customers") == ("59.50", 19, 1)
    assert current(statistics("this_year"), "revenue", "points_outstanding") == ("60.00", 55)
    # The held points at the end of a period, near its month's beginning and near its end.
    for last, outstanding in ((date(2026, 3, 3), 3), (date(2026, 3, 20), 6), (date(2026, 3, 31), 6)):
        assert current(statistics(first=date(2026, 2, 1), last=last), "points_outstanding") == (outstanding,)


def test_amounts_of_different_currencies_are_never_added() -> None:
    euro, zloty = Shops(), Shops(partner={"currency": "PLN"})
    euro.buy("10.00", "2026-06-10T09:00")
    zloty.buy("40.00", "2026-06-10T09:00", zloty.customer())
    euro.roll()
    found = statistics(**JUNE)
    assert [(block.currency, block.totals.current["revenue"]) for block in found.blocks] == [
        ("PLN", Decimal("40.00")),
        ("EUR", Decimal("10.00")),
    ]
    assert (found.totals["purchases"].current, found.totals["active_customers"].current) == (2, 1)
    assert "revenue" not in found.totals


def test_partners_are_counted_by_status_and_tier_and_new_ones_by_period() -> None:
    professional = Plan.objects.get_or_create(code="professional", defaults={"name": "Professional"})[0]
    made = [PartnerFactory(), PartnerFactory(plan=professional), PartnerFactory(status="suspended")]
    for partner, moment in zip(made, ("2026-06-30T20:59", "2026-06-30T21:00", "2026-05-31T12:00"), strict=True):
        Partner.objects.filter(pk=partner.pk).update(created_at=instant(moment))
    data = admin_caller().get(PATH, **JUNE)["data"]["partners"]
    assert data["by_status"] == {"active": 2, "suspended": 1}
    assert data["by_tier"] == {"starter": 2, "professional": 1}
    assert (data["total"], data["new"]["current"], data["new"]["previous"]) == (3, 1, 1)


def test_filters_narrow_to_networks_tiers_states_and_countries() -> None:
    professional = Plan.objects.get_or_create(code="professional", defaults={"name": "Professional"})[0]
    network = PartnerFactory(kind="network", country="EE")
    worlds = {
        "member": Shops(partner={"parent": network}),
        "pro": Shops(partner={"plan": professional}),
        "abroad": Shops(partner={"country": "LV"}),
        "away": Shops(),
    }
    worlds["away"].partner.status = "suspended"
    for number, shops in enumerate(worlds.values()):
        shops.buy(f"{10**number}.00", "2026-06-10T09:00")
    Partner.objects.filter(pk=worlds["away"].partner.pk).update(status="suspended")
    boss = admin_caller()

    def revenue(**query: Any) -> float:
        blocks = boss.get(PATH, **JUNE, **query)["data"]["currencies"]
        return sum(block["totals"]["revenue"]["current"] for block in blocks)

    assert revenue() == 1111
    assert revenue(filter=f"network:{network.pk}") == revenue(network_id=network.pk) == 1
    assert revenue(filter="franchise_network") == 1
    assert revenue(filter="tier:professional") == revenue(tier="professional") == 10
    assert revenue(filter=["tier:professional", "tier:starter"]) == 1111
    assert revenue(filter=["tier:starter", "country:lv"]) == 100
    assert revenue(status="suspended") == 1000
    assert revenue(filter="status:active", country="LT") == 11
    assert revenue(filter=["tier:professional", "country:LV"]) == 0


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"period": "soon"}, 422, "period"),
        ({"date_from": "2026-06-01"}, 422, "date_to"),
        ({"date_from": "1.6.2026", "date_to": "2026-06-02"}, 422, "date_from"),
        ({"filter": "colour:red"}, 422, "filter"),
        ({"tier": "golden"}, 422, "tier"),
        ({"status": "gone"}, 422, "status"),
        ({"country": "Lithuania"}, 422, "country"),
        ({"network_id": "x"}, 422, "network_id"),
        ({"network_id": "999999999"}, 404, "network_id"),
        ({"filter": "network:999999999"}, 404, "network_id"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(query: dict[str, str], status: int, field: str) -> None:
    PartnerFactory()
    assert list(admin_caller().get(PATH, status, **query)["errors"]) == [field]


def test_unknown_parameters_are_refused() -> None:
    assert admin_caller().get(PATH, 400, colour="red")["code"] == "UNKNOWN_PARAMETER"


def test_it_is_for_platform_staff_alone() -> None:
    partner = PartnerFactory()
    assert staff_caller(partner).get(PATH, 403)["code"] == "INSUFFICIENT_PARTNER_PERMISSIONS"
    assert credential_caller(partner).get(PATH, 401)["code"] == "AUTH_REQUIRED"
    assert Caller({}).get(PATH, 401)["code"] == "AUTH_REQUIRED"


def test_an_empty_platform_has_statistics_of_nothing() -> None:
    data = admin_caller().get(PATH)["data"]
    assert (data["currencies"], data["partners"]["total"]) == ([], 0)
    assert data["totals"]["points_burn_to_earn"] == {"current": None, "previous": None, "change": None, "growth": None}
    assert data["period"]["name"] == "last_30_days"
    today = datetime.now(UTC).date()
    assert data["period"]["date_from"] in {(today - timedelta(days=days)).isoformat() for days in (29, 30)}


def test_it_asks_as_often_for_many_partners_as_for_two() -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            boss.get(PATH, **JUNE)
        return len(queries)

    boss = admin_caller()
    small_world()
    boss.get(PATH)
    few = cost()
    for _ in range(10):
        Shops().buy("10.00", "2026-06-10T09:00")
    assert cost() == few
    assert few <= 6


def test_only_partners_who_brought_or_lost_something_are_ranked_and_at_most_ten() -> None:
    worlds = [Shops() for _ in range(12)]
    for number, shops in enumerate(worlds, 1):
        shops.buy(f"{number}.00", "2026-06-10T09:00")
    idle = Shops()
    idle.buy("5.00", "2026-05-20T09:00")
    found = statistics(**JUNE).blocks[0]
    assert [one.id for one in found.top] == [shops.partner.pk for shops in reversed(worlds[2:])]
    assert [(one.id, one.revenue.change) for one in found.falling] == [(idle.partner.pk, Decimal(-5))]


def test_a_scope_of_nobody_is_nothing_not_everything() -> None:
    Shops().buy("10.00", "2026-06-10T09:00")
    found = statistics(**JUNE, scope=Scope(country=("XX",)))
    assert (found.blocks, found.partners.total) == ([], 0)
