"""The official SDK 3.1.0, unmodified, against the running platform: offers, categories and feeds."""

import pytest

from customers.tests.callers import customer_headers
from customers.tests.factories import PersonFactory
from ledger.selectors.integrity import find_drift
from partners.models import Product
from partners.tests.factories import CategoryFactory
from tests.conftest import FeedHost, Web
from tests.flows.test_sdk import Business, open_business, refused

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<shop>
  <products>
    <product id="C-1"><name>Napoleonas</name><price>4,50</price><category>Tortai</category></product>
    <product id="C-2"><name>Kava</name><price>free</price></product>
  </products>
  <offers>
    <offer id="O-1"><title>Dvigubi taskai</title><type>points_multiplier</type><multiplier>2</multiplier></offer>
  </offers>
</shop>"""


@pytest.fixture
def business(web: Web) -> Business:
    return open_business(web)


def test_an_offer_lives_from_the_readme_s_body_to_its_end(business: Business) -> None:
    sdk = business.sdk
    made = sdk.create_offer(
        title="Vasaros nuolaida",
        description="Viskam",
        discount_type="percentage",
        discount_value=20,
        start_date="2026-01-01",
        end_date="2030-12-31",
    )
    assert made["id"] > 0
    assert made["title"] == {"lt": "Vasaros nuolaida"}
    listed = sdk.get_offers(type="discount", is_active=True, per_page=10)
    assert [row["id"] for row in listed["data"]] == [made["id"]]
    assert listed["meta"]["total"] == 1
    assert sdk.get_offer(made["id"]) == made
    changed = sdk.update_offer(made["id"], discount_value=30, ends_at="2031-01-31")
    assert (changed["discount_value"], changed["end_date"]) == (30, "2031-01-31")
    sdk.delete_offer(made["id"])
    assert refused(lambda: sdk.get_offer(made["id"])).http_status == 404
    assert sdk.get_offers()["data"] == []
    wrong = refused(lambda: sdk.create_offer(title="x", discount_type="percentage", discount_value=200))
    assert (wrong.http_status, wrong.code) == (422, "VALIDATION_ERROR")


def test_categories_come_as_a_tree_and_as_a_list(business: Business) -> None:
    food = CategoryFactory.create(partner=business.partner, key="food", name={"en": "Food", "lt": "Maistas"})
    CategoryFactory.create(partner=business.partner, key="cake", name={"lt": "Tortai"}, parent=food)
    found = business.sdk.get_categories()
    assert [row["name"] for row in found["flat_list"]] == ["Food", "— Tortai"]
    assert found["categories"][0]["children"][0]["name"] == "Tortai"
    assert found["total"] == 2


def test_a_feed_is_looked_at_imported_and_counted(business: Business, feed_host: FeedHost) -> None:
    sdk = business.sdk
    address = feed_host.serve("/catalog.xml", FEED)
    check = sdk.validate_xml(address)
    assert (check["is_valid"], check["product_count"]) == (True, 3)
    assert check["structure"]["detected_path"] == "products/product"
    assert sdk.get_import_stats()["last_import"] is None

    report = sdk.import_from_url(address, auto_publish=True)
    assert (report["products_created"], report["offers_created"], report["status"]) == (1, 1, "completed")
    assert [(row["line"], row["field"]) for row in report["errors"]] == [(5, "price")]
    assert Product.objects.get(partner=business.partner).category.key == "tortai"
    stats = sdk.get_import_stats()
    assert (stats["total_products"], stats["total_offers"], stats["categories_used"]) == (1, 1, 1)
    assert stats["last_import"] == report["finished_at"]
    again = sdk.import_from_url(address)
    assert (again["products_unchanged"], again["offers_unchanged"]) == (1, 1)

    # The imported multiplier counts from the very next sale.
    sale = sdk.create_transaction(order_id="A-1", user_id=business.customer.pk, order_total=10)
    assert (sale["points_awarded"], sale["bonus_points"]) == (20, 10)
    assert [rows for rows in find_drift().values() if rows] == []


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/", "http://127.0.0.1:6379/", "http://localhost/x"])
def test_a_feed_inside_the_house_is_not_fetched(business: Business, url: str) -> None:
    for call in (business.sdk.import_from_url, business.sdk.validate_xml):
        error = refused(lambda call=call: call(url))
        assert (error.http_status, error.code) == (400, "XML_IMPORT_FAILED")


def test_a_customer_claims_what_a_till_then_verifies(business: Business, web: Web) -> None:
    sdk = business.sdk
    made = sdk.create_offer(title="Tortas", discount_amount=3, points_required=60, user_limit=1)
    person = PersonFactory.create()
    business.customer.person = person
    business.customer.save()
    token = customer_headers(person)
    status, answer, _ = web.call("GET", "/lt/shop/offers", **token)
    assert (status, [row["id"] for row in answer["data"]]) == (200, [made["id"]])
    status, answer, _ = web.call("POST", f"/lt/shop/offers/{made['id']}/claim", {}, **token)
    assert status == 201, answer
    coupon = answer["data"]
    assert (coupon["points_deducted"], coupon["points_balance"], coupon["discount_value"]) == (60, 40, 3)
    seen = sdk.verify_coupon(coupon["coupon_code"], business.shop.pk)
    assert seen["coupon"]["id"] == coupon["coupon_id"]
    quote = sdk.calculate_coupon_discount(coupon["coupon_code"], 10)
    assert (quote["can_apply"], quote["discount_amount"]) == (True, 3)
    sdk.redeem_coupon(coupon["coupon_id"], business.shop.pk)
    assert [rows for rows in find_drift().values() if rows] == []
