"""What the days of a partner say after sales, refunds, receipts and commission."""

from decimal import Decimal

import pytest

from analytics.models import CategoryDay, CommissionNews, CustomerDay, PartnerDay, PartnerMonth, RollupCursor, ShopDay
from analytics.services.rolling import Rolled
from analytics.tests.worlds import NOW, Shops, assert_sound, state
from commissions.services.sync import force_sync
from commissions.tests.factories import RateFactory, instant
from ledger.models import PointsEntry
from ledger.services.expiry import expire_partner_points
from ledger.services.points import Cause, post_points
from ledger.tests.factories import issued_card_of
from loyalty.services.audit import SYSTEM
from partners.tests.factories import ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        # The night when clocks go forward, a day of 23 hours.
        (
            "Europe/Vilnius",
            {"03-28": "03-28T21:59:59", "03-29": "03-28T22:00", "03-29 ": "03-29T20:59:59", "03-30": "03-29T21:00"},
        ),
        # Clocks go back, 25 hours.
        (
            "America/New_York",
            {"10-31": "11-01T03:59:59", "11-01": "11-01T04:00", "11-01 ": "11-02T04:59:59", "11-02": "11-02T05:00"},
        ),
        (
            "Pacific/Auckland",
            {"04-04": "04-04T10:59:59", "04-05": "04-04T11:00", "04-05 ": "04-05T11:59:59", "04-06": "04-05T12:00"},
        ),
    ],
)
def test_a_day_is_the_partners_own_whatever_its_clock_does(zone: str, moments: dict[str, str]) -> None:
    shops = Shops(partner={"time_zone": zone})
    customer = shops.customer()
    for moment in moments.values():
        shops.buy("10.00", f"2026-{moment}", customer)
    shops.roll()
    before, changing, _same, after = moments
    expected = {before: (1, "10.00", 10), changing: (2, "20.00", 20), after: (1, "10.00", 10)}
    assert shops.days("purchases", "revenue", "points_issued") == expected
    assert shops.active() == [(day, customer.pk) for day in (before, changing, after)]
    assert_sound()


def test_every_table_says_what_one_day_was() -> None:
    shops = Shops()
    other, customer = ShopFactory(partner=shops.partner), shops.customer(300)
    RateFactory(partner=shops.partner, percent=5)
    shops.buy("20.00", "2026-06-10T09:00", customer, goods=(("coffee", "15.00"), ("", "5.00")))
    mixed = shops.buy("10.00", "2026-06-10T10:00", goods=(("coffee", "10.00"),), shop=other)
    shops.undo(mixed, "4.00", "2026-06-10T11:00")
    shops.accrue()
    assert shops.roll() == Rolled(sales=3, points=2, lines=4)
    of_shops = ShopDay.objects.filter(local_on="2026-06-10").order_by("shop_id")
    assert [(row.shop_id, row.purchases, row.reversals, row.revenue, row.refunds) for row in of_shops] == [
        (shops.shop.pk, 1, 0, Decimal("20.00"), Decimal("0.00")),
        (other.pk, 1, 1, Decimal("10.00"), Decimal("4.00")),
    ]
    assert [row.commission for row in of_shops] == [Decimal("1.0000"), Decimal("0.3000")]
    assert shops.days("purchases", "reversals", "revenue", "refunds", "commission", "points_issued")["06-10"] == (
        *(2, 1, "30.00", "4.00", "1.30", 20),
    )
    goods = CategoryDay.objects.order_by("category", "shop_id").values_list(
        "category", "purchases", "revenue", "refunds"
    )
    assert list(goods) == [
        ("", 1, Decimal("5.00"), Decimal("0.00")),
        ("coffee", 1, Decimal("15.00"), Decimal("0.00")),
        ("coffee", 1, Decimal("10.00"), Decimal("4.00")),
    ]
    day = CustomerDay.objects.get(local_on="2026-06-10")
    assert (day.customer_id, day.purchases, day.revenue, day.points_earned) == (customer.pk, 1, Decimal("20.00"), 20)
    june = PartnerMonth.objects.get(month_on="2026-06-01")
    assert (june.purchases, june.revenue, june.refunds, june.commission) == (2, 30, 4, Decimal("1.3000"))
    assert_sound()


def test_what_arrives_late_is_added_to_its_own_day_and_a_refund_to_the_day_of_the_refund() -> None:
    shops = Shops()
    sale = shops.buy("100.00", "2026-06-10T09:00")
    shops.roll()
    shops.undo(sale, "30.00", "2026-06-12T09:00")
    shops.buy("7.00", "2026-06-10T23:00")  # 11 June in Vilnius
    shops.buy("5.00", "2026-06-10T08:00")
    shops.roll()
    assert shops.days("purchases", "revenue", "refunds") == {
        "06-10": (2, "105.00", "0.00"),
        "06-11": (1, "7.00", "0.00"),
        "06-12": (0, "0.00", "30.00"),
    }
    assert_sound()


def test_a_cancelled_sale_stays_and_its_cancellation_takes_it_back() -> None:
    shops = Shops()
    customer = shops.customer()
    sale = shops.buy("40.00", "2026-06-10T09:00", customer)
    shops.undo(sale, None, "2026-06-11T09:00", "cancellation")
    shops.roll()
    assert shops.days("purchases", "reversals", "revenue", "refunds", "points_issued") == {
        "06-10": (1, 0, "40.00", "0.00", 40),
        "06-11": (0, 1, "0.00", "40.00", -40),
    }
    # A cancellation alone is no activity.
    assert shops.active() == [("06-10", customer.pk)]
    assert_sound()


@pytest.mark.parametrize("rolled_before", [True, False])
def test_a_receipt_that_is_attached_gives_its_customer_the_day_once(rolled_before: bool) -> None:
    shops = Shops()
    customer = shops.customer()
    sale = shops.buy("12.00", "2026-06-10T09:00")
    if rolled_before:
        shops.roll()
        assert shops.active() == []
    shops.attach(sale, customer)
    assert shops.roll().receipts == 1
    assert shops.roll() == Rolled()
    assert shops.days("purchases", "revenue", "points_issued") == {"06-10": (1, "12.00", 12)}
    day = CustomerDay.objects.get()
    assert (day.customer_id, day.purchases, day.revenue, day.points_earned) == (customer.pk, 1, Decimal("12.00"), 12)
    assert_sound()


def test_points_by_kind_and_what_is_outstanding() -> None:
    shops = Shops(points_expiration_days=30)
    customer = shops.customer()
    card = issued_card_of(customer).pk
    shops.buy("500.00", "2026-06-01T09:00", customer)

    def post(kind: str, points: int, at: str) -> None:
        cause = Cause(kind, f"{kind} {at}", SYSTEM, occurred_at=instant(at))
        post_points(issued_card_id=card, points=points, cause=cause, at=instant(at))

    post("bonus", 50, "2026-06-02T09:00")
    post("redeem", -200, "2026-06-03T09:00")
    post("give_back", 20, "2026-06-04T09:00")
    post("adjust", -5, "2026-06-05T09:00")
    expire_partner_points(partner=shops.partner, at=NOW)
    shops.roll()
    assert shops.days("points_issued", "points_redeemed", "points_expired", "points_adjusted") == {
        "06-01": (500, 0, 0, 0),
        "06-02": (50, 0, 0, 0),
        "06-03": (0, 200, 0, 0),
        "06-04": (0, -20, 0, 0),
        "06-05": (0, 0, 0, -5),
        "07-01": (0, 0, 295, 0),
    }
    # Neither what staff corrected nor what expired nor what came back is anything that the customer did.
    assert [day for day, _customer in shops.active()] == ["06-01", "06-02", "06-03"]
    assert_sound()


def test_commission_that_changes_later_changes_its_day() -> None:
    shops = Shops()
    RateFactory(partner=shops.partner, percent=5)
    shops.buy("100.00", "2026-06-10T09:00")
    shops.accrue()
    shops.roll()
    assert shops.days("commission") == {"06-10": ("5.00",)}
    RateFactory(partner=shops.partner, percent=2, category="", component="processing")
    force_sync(actor=SYSTEM, partner=shops.partner, month=None, is_dry=False, at=NOW)
    assert CommissionNews.objects.get().amount == 2
    assert shops.roll().lines == 1
    assert shops.days("commission") == {"06-10": ("7.00",)}
    assert not CommissionNews.objects.exists()
    assert_sound()


def test_a_dry_run_of_commission_leaves_no_news() -> None:
    shops = Shops()
    RateFactory(partner=shops.partner, percent=5)
    shops.buy("100.00", "2026-06-10T09:00")
    force_sync(actor=SYSTEM, partner=shops.partner, month=None, is_dry=True, at=NOW)
    assert not CommissionNews.objects.exists()


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_small_steps_come_to_the_same_as_one(chunk: int) -> None:
    shops = Shops()
    customers = [shops.customer(), None, shops.customer()]
    for number in range(9):
        sale = shops.buy(f"{number + 1}.37", f"2026-06-{10 + number % 3}T09:00", customers[number % 3])
        if number % 4 == 0:
            shops.undo(sale, "0.50", f"2026-07-0{1 + number % 3}T09:00")
    shops.roll(chunk=chunk)
    assert_sound()
    small = state()
    shops.rebuild()
    assert state() == small
    assert sum(len(rows) for rows in small.values()) > 20


def test_a_second_run_finds_nothing_and_changes_nothing() -> None:
    shops = Shops()
    shops.buy("10.00", "2026-06-10T09:00", shops.customer())
    first = shops.roll()
    before = state()
    assert first == Rolled(sales=1, points=1)
    assert shops.roll() == Rolled()
    assert state() == before


def test_partners_never_meet() -> None:
    one, two = Shops(), Shops()
    one.buy("10.00", "2026-06-10T09:00", one.customer())
    two.buy("90.00", "2026-06-10T09:00", two.customer())
    one.roll()
    assert one.days() == {"06-10": (1, "10.00")}
    assert two.days() == {}
    two.roll()
    one.rebuild()
    assert (one.days(), two.days()) == ({"06-10": (1, "10.00")}, {"06-10": (1, "90.00")})
    assert_sound()


def test_a_partner_who_moves_to_another_zone_is_rolled_up_anew() -> None:
    shops = Shops()
    customer = shops.customer()
    shops.buy("10.00", "2026-06-10T22:30", customer)
    cause = Cause("adjust", "a correction", SYSTEM, occurred_at=instant("2026-06-12T22:30"))
    post_points(issued_card_id=issued_card_of(customer).pk, points=7, cause=cause, at=NOW)
    shops.roll()
    wanted = ("purchases", "points_issued", "points_adjusted")
    assert shops.days(*wanted) == {"06-11": (1, 10, 0), "06-13": (0, 0, 7)}
    shops.partner.time_zone = "UTC"
    shops.partner.save()
    shops.roll()
    # A sale's day is written on it, and its points stay with it; a correction follows the clock.
    assert shops.days(*wanted) == {"06-11": (1, 10, 0), "06-12": (0, 0, 7)}
    assert RollupCursor.objects.get().time_zone == "UTC"
    assert_sound()


def test_other_currencies_of_one_partner_stay_apart() -> None:
    shops = Shops()
    shops.buy("10.00", "2026-06-10T09:00")
    shops.partner.currency = "PLN"
    shops.partner.save()
    shops.buy("40.00", "2026-06-10T10:00")
    shops.roll()
    rows = PartnerDay.objects.order_by("currency").values_list("currency", "revenue")
    assert list(rows) == [("EUR", Decimal("10.00")), ("PLN", Decimal("40.00"))]
    assert_sound()


def test_rebuilding_heals_a_day_that_somebody_changed() -> None:
    shops = Shops()
    shops.buy("10.00", "2026-06-10T09:00")
    shops.roll()
    good = state()
    PartnerDay.objects.update(revenue=11)
    with pytest.raises(AssertionError):
        assert_sound()
    shops.rebuild()
    assert state() == good
    assert_sound()


def test_the_cursor_says_when_and_how_far() -> None:
    shops = Shops()
    sale = shops.buy("10.00", "2026-06-10T09:00", shops.customer())
    shops.roll()
    cursor = RollupCursor.objects.get()
    assert (cursor.sales_id, cursor.points_id) == (sale.pk, PointsEntry.objects.latest("pk").pk)
    assert cursor.rolled_at == NOW
