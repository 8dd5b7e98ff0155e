"""Sales of a file get the offers that were on when and where they happened."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from interchange.tests.files import Importer, line
from ledger.models import Transaction
from ledger.tests.factories import assert_sound
from partners.models import OfferCategory, OfferShop, Shop
from partners.tests.factories import CategoryFactory, OfferFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer(tmp_path: Path) -> Importer:
    return Importer.new(tmp_path, points_redemption_enabled=True)


def points() -> dict[str, tuple[int, int, int]]:
    rows = Transaction.objects.order_by("pk")
    return {row.order_id: (row.points_awarded, row.bonus_points, row.cashback_points) for row in rows}


def test_an_offer_counts_for_the_sales_of_its_time_and_shop(importer: Importer) -> None:
    partner = importer.partner
    double = OfferFactory(
        partner=partner,
        kind="points_multiplier",
        valid_from=datetime(2026, 1, 31, 22, tzinfo=UTC),  # February in Vilnius
        valid_until=datetime(2026, 2, 28, 22, tzinfo=UTC),
    )
    OfferShop.objects.create(offer=double, shop=Shop.objects.create(partner=partner, name="Lithuania"))
    cash = OfferFactory(partner=partner, kind="cashback", discount_value=5, minimum_purchase="20.00")
    importer.take(
        line("1", date="2026-01-31 23:59:59"),
        line("2", date="2026-02-01 00:00:00"),
        line("3", date="2026-02-28 23:59:59", price="20.00"),
        line("4", date="2026-03-01 00:00:00"),
        line("5", date="2026-02-15 12:00:00", shop="Latvia"),
        line("6", date="2026-02-15 12:00:00", customer=""),
        line("C7", date="2026-02-16 12:00:00", quantity="-1"),
    )
    assert points() == {
        "1": (10, 0, 0),
        "2": (20, 10, 0),
        "3": (140, 20, 100),
        "4": (10, 0, 0),
        "5": (10, 0, 0),
        "6": (0, 0, 0),
        "C7": (20, 10, 0),
    }
    third = Transaction.objects.get(order_id="3")
    assert (third.bonus_offer_id, third.cashback_offer_id) == (double.pk, cash.pk)
    assert_sound()


def test_an_offer_for_some_goods_counts_their_lines_only(importer: Importer) -> None:
    partner = importer.partner
    food = CategoryFactory(partner=partner)
    cake = CategoryFactory(partner=partner, parent=food)
    ProductFactory(partner=partner, external_id="CAKE", category=cake)
    ProductFactory(partner=partner, external_id="RUM", category=cake, earns_points=False)
    OfferCategory.objects.create(
        offer=OfferFactory(partner=partner, kind="points_multiplier", points_multiplier=3), category=food
    )
    importer.take(line("1", "4.00", product="CAKE"), line("1", "6.00"), line("1", "90.00", product="RUM"), line("2"))
    assert points() == {"1": (18, 8, 0), "2": (10, 0, 0)}
    assert_sound()
