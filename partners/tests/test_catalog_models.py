"""What the database itself refuses of offers, products and categories."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from partners.models import Category, Offer, Product
from partners.tests.factories import CategoryFactory, OfferFactory, PartnerFactory, ProductFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def refused(constraint: str, make: Any, **fields: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(**fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"discount_value": None}, "offer_has_its_figure"),
        ({"discount_value": 0}, "offer_has_its_figure"),
        ({"discount_type": ""}, "offer_has_its_figure"),
        ({"kind": "cashback", "discount_type": "fixed_amount"}, "offer_has_its_figure"),
        ({"kind": "cashback", "discount_value": None}, "offer_has_its_figure"),
        ({"kind": "points_multiplier", "points_multiplier": None}, "offer_has_its_figure"),
        ({"kind": "points_multiplier", "points_multiplier": 1}, "offer_has_its_figure"),
        ({"kind": "voucher"}, "offer_has_its_figure"),
        ({"discount_value": 101}, "offer_percent_at_most_100"),
        ({"valid_from": NOW, "valid_until": NOW}, "offer_window_ordered"),
        ({"usage_limit": 2, "usage_count": 3}, "offer_within_its_limit"),
        ({"kind": "points_multiplier", "points_required": 1}, "offer_automatic_is_free"),
        ({"kind": "cashback", "minimum_level": "Gold"}, "offer_automatic_is_free"),
        ({"kind": "cashback", "usage_limit": 5}, "offer_automatic_is_free"),
        ({"kind": "cashback", "user_limit": 5}, "offer_automatic_is_free"),
        ({"maximum_discount": 0}, "offer_money_positive"),
        ({"minimum_purchase": -1}, "offer_money_positive"),
    ],
)
def test_an_offer_that_cannot_be_meant_is_not_stored(fields: dict[str, Any], constraint: str) -> None:
    refused(constraint, OfferFactory, **fields)
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"discount_type": "fixed_amount", "discount_value": 500},
        {"kind": "free_item"},
        {"kind": "cashback", "discount_value": 100},
        {"kind": "points_multiplier", "points_multiplier": "1.01"},
        {"valid_from": NOW, "valid_until": NOW + timedelta(microseconds=1)},
        {"usage_limit": 3, "usage_count": 3},
    ],
)
def test_an_offer_of_every_kind_is_stored(fields: dict[str, Any]) -> None:
    OfferFactory(**fields)


def test_a_number_of_a_feed_is_one_offer_of_a_partner() -> None:
    first = OfferFactory(external_id="7")
    OfferFactory(external_id="7")
    OfferFactory(partner=first.partner), OfferFactory(partner=first.partner)
    refused("offer_external_id_unique", OfferFactory, partner=first.partner, external_id="7")


def test_a_category_is_not_above_itself_and_its_address_is_its_own() -> None:
    drinks = CategoryFactory(slug="drinks")
    refused("category_slug_unique", CategoryFactory, partner=drinks.partner, slug="drinks")
    CategoryFactory(slug="drinks")
    with pytest.raises(IntegrityError, match="category_not_its_own_parent"), transaction.atomic():
        Category.objects.filter(pk=drinks.pk).update(parent=drinks)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"price": "-0.01"}, "product_prices_not_negative"),
        ({"discounted_price": "-1"}, "product_prices_not_negative"),
        ({"currency": "eur"}, "product_currency_iso"),
        ({"availability": "maybe"}, "product_availability_known"),
    ],
)
def test_a_product_that_cannot_be_meant_is_not_stored(fields: dict[str, Any], constraint: str) -> None:
    refused(constraint, ProductFactory, partner=PartnerFactory(), **fields)
    assert not Product.objects.exists()
