"""A whole day of one café with the official SDK 3.1.0: every public method of its class, over HTTP and WebSocket.

The methods are found by looking at the class, so a new one fails this test until the day has a use for it.
"""

import inspect
from typing import Any

import pytest
from django.utils import timezone
from loyalty_sdk import LoyaltySDK

from cards.models import IssuedCard
from customers.models import Customer
from games.models import Coupon, GameProduct
from games.tests.factories import GameFactory
from ledger.models import Transaction
from ledger.selectors.integrity import find_drift
from ledger.tests.factories import balance_of
from loyalty.realtime.tests.live import Realtime
from partners.models import Offer, Product
from partners.tests.factories import ProductFactory
from tests.conftest import FeedHost, Web
from tests.flows.test_sdk import Business, open_business
from tests.flows.test_sdk_realtime import Phone, Waiting

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<products>
  <product><id>B-1</id><name>Bandelė</name><price>1.80</price><in_stock>yes</in_stock></product>
  <product><id>B-2</id><name>Kruasanas</name><price>2.40</price><in_stock>limited</in_stock></product>
</products>"""
PUBLIC = {name for name, _method in inspect.getmembers(LoyaltySDK, inspect.isfunction) if not name.startswith("_")}


class Watched:
    """The SDK, with a note of each method that was used and came back without an exception."""

    def __init__(self, sdk: LoyaltySDK) -> None:
        self.sdk, self.used = sdk, set[str]()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.sdk, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            answer = method(*args, **kwargs)
            self.used.add(name)
            return answer

        return noted


@pytest.fixture
def business(web: Web, realtime: Realtime) -> Business:
    return open_business(web)


def test_a_day_at_the_cafe_uses_every_method(
    business: Business, web: Web, realtime: Realtime, feed_host: FeedHost
) -> None:
    sdk = Watched(business.sdk)
    open_the_till(sdk, business, realtime)
    fill_the_catalogue(sdk, business, feed_host)
    phone = Phone(web)
    greet_by_qr_login(sdk, phone, business, realtime)
    card = show_the_card(sdk, phone, business, realtime)
    coupon = collect_stamps_with_purchases(sdk, business, card)
    use_the_coupon(sdk, business, card, coupon)
    close_the_till(sdk, business, card)

    assert sdk.used == PUBLIC
    assert not any(find_drift().values())


def open_the_till(sdk: Watched, business: Business, realtime: Realtime) -> None:
    assert sdk.validate_credentials()["valid"] is True
    assert sdk.health_check()["status"] == "ok"
    assert [shop["id"] for shop in sdk.get_shops()["data"]] == [business.shop.pk]
    assert sdk.get_realtime_config()["port"] == realtime.port


def fill_the_catalogue(sdk: Watched, business: Business, feed_host: FeedHost) -> None:
    """Offers by hand, goods from a feed on a server nearby."""
    address = feed_host.serve("/goods.xml", FEED)
    checked = sdk.validate_xml(address)
    assert (checked["is_valid"], checked["product_count"]) == (True, 2)
    imported = sdk.import_from_url(address, auto_publish=True)
    assert (imported["products_created"], imported["errors"]) == (2, [])
    assert sdk.get_import_stats()["total_products"] == 2
    assert set(Product.objects.filter(partner=business.partner).values_list("name", flat=True)) == {
        "Bandelė",
        "Kruasanas",
    }
    assert sdk.get_categories() is not None

    offer = sdk.create_offer(
        title="Rytinė kava",
        description="Iki dešimtos",
        discount_type="percentage",
        discount_value=20,
        start_date="2026-01-01",
        end_date="2099-12-31",
    )
    assert sdk.update_offer(offer["id"], discount_value=25)["discount_value"] == 25
    assert sdk.get_offer(offer["id"])["discount_value"] == 25
    assert [row["id"] for row in sdk.get_offers()["data"]] == [offer["id"]]
    sdk.delete_offer(offer["id"])
    assert sdk.get_offers()["data"] == []
    assert Offer.objects.get(pk=offer["id"]).deleted_at is not None


def greet_by_qr_login(sdk: Watched, phone: Phone, business: Business, realtime: Realtime) -> None:
    session = sdk.generate_qr_login(device_name="Till 1", shop_id=business.shop.pk)
    assert sdk.poll_qr_login(session["session_id"])["status"] == "pending"
    code, pairing = session["qr_code"].removeprefix("loyaltylt://qr-login?code=").split("&session=")
    waiting = Waiting(lambda: sdk.subscribe_qr_login(session["session_id"], timeout=20), realtime)
    phone.post(f"shop/auth/qr-login/scan/{code}")
    phone.post(f"shop/auth/qr-login/confirm/{pairing}")
    waiting.thread.join(10)
    entered = waiting.result
    customer = Customer.objects.get(partner=business.partner, person=phone.person)
    assert (entered["status"], entered["user"]["id"], bool(entered["token"])) == ("authenticated", customer.pk, True)


def show_the_card(sdk: Watched, phone: Phone, business: Business, realtime: Realtime) -> IssuedCard:
    session = sdk.generate_qr_card_session(device_name="Till 1", shop_id=business.shop.pk)
    waiting = Waiting(lambda: sdk.subscribe_qr_card(session["session_id"], timeout=20), realtime)
    phone.post("auth/qr-card/scan", {"qr_code": session["qr_code"]})
    waiting.thread.join(10)
    shown = waiting.result["card_data"]
    polled = sdk.poll_qr_card_status(session["session_id"])
    assert (polled["status"], polled["card_data"]["id"]) == ("completed", shown["id"])
    assert sdk.get_loyalty_cards(card_number=shown["card_number"])["data"][0]["user"]["name"] == "Ona Petraitė"
    assert sdk.get_loyalty_card(shown["id"])["points_balance"] == shown["points_balance"] == 100
    assert sdk.get_loyalty_card_info(card_id=shown["id"])["points"] == 100
    return IssuedCard.objects.get(pk=shown["id"])


def collect_stamps_with_purchases(sdk: Watched, business: Business, card: IssuedCard) -> Coupon:
    """Two coffees and one by mistake, and the third stamp fills the card."""
    game = GameFactory.create(partner=business.partner, stamps_required=3, reset_on_complete=False)
    latte, mocha = (ProductFactory.create(partner=business.partner, name=name) for name in ("Latte", "Mocha"))
    for product in (latte, mocha):
        GameProduct.objects.create(game=game, product=product)
    shop_id = business.shop.pk
    for number in (1, 2):
        sale = sdk.create_transaction(
            order_id=f"DAY-{number}",
            user_id=card.customer_id,
            order_total=4.5,
            shop_id=shop_id,
            loyalty_card_id=card.pk,
        )
        assert (sale["points_awarded"], sale["points_balance"]) == (4, 100 + 4 * number)
    assert [row["id"] for row in sdk.list_games(shop_id)["data"]] == [game.pk]
    assert sdk.get_game(game.pk, card.pk)["stamps_required"] == 3
    assert [row["status"] for row in sdk.get_card_games(card.pk, shop_id)] == ["available"]

    assert sdk.add_stamps(game.pk, card.pk, shop_id, 1)["current_step"] == 1
    assert sdk.restart_game(game.pk, card.pk, shop_id)["progress"]["current_step"] == 0
    assert sdk.add_stamps(game.pk, card.pk, shop_id, 2)["is_completed"] is False
    assert sdk.get_game_progress(game.pk, card.pk)["progress"]["current_step"] == 2
    filled = sdk.complete_game(game.pk, card.pk)
    assert filled["completed"] is True
    assert [row["status"] for row in sdk.get_game_history(card.pk, shop_id)] == ["completed"]
    return Coupon.objects.get(pk=filled["coupon"]["id"])


def use_the_coupon(sdk: Watched, business: Business, card: IssuedCard, coupon: Coupon) -> None:
    shop_id = business.shop.pk
    assert [row["id"] for row in sdk.list_coupons(shop_id=shop_id)["coupons"]] == [coupon.pk]
    assert [row["id"] for row in sdk.get_card_coupons(shop_id, card_id=card.pk)["coupons"]] == [coupon.pk]
    assert sdk.verify_coupon(coupon.code, shop_id)["coupon"]["id"] == coupon.pk
    choice = sdk.get_coupon_products(coupon.pk)
    assert (choice["selection_required"], len(choice["products"])) == (True, 2)
    assert sdk.calculate_coupon_discount(coupon.code, 9)["can_apply"] is True
    sdk.set_coupon_pending(coupon.pk, shop_id)
    sdk.cancel_pending_coupon(coupon.pk, shop_id)
    chosen = choice["products"][0]["id"]
    sdk.redeem_coupon(coupon_id=coupon.pk, shop_id=shop_id, selected_product_id=chosen, notes="enjoyed")
    coupon.refresh_from_db()
    assert (coupon.status, coupon.selected_product_id, coupon.notes) == ("redeemed", chosen, "enjoyed")


def close_the_till(sdk: Watched, business: Business, card: IssuedCard) -> None:
    sdk.send_app_link("+37061234567", business.shop.pk, customer_name="Jonas")
    undone = sdk.create_transaction(
        order_id="DAY-2", user_id=card.customer_id, transaction_type="refund", order_total=4.5
    )
    assert undone["points_awarded"] == -4
    rows = sdk.get_transactions(loyalty_card_id=card.pk)["data"]
    assert sorted(row["type"] for row in rows if row["reference_number"]) == ["purchase", "purchase", "refund"]
    assert sdk.get_points_balance(card_id=card.pk)["points"] == 104 == balance_of(card.customer)[0]
    assert Transaction.objects.filter(partner=business.partner, occurred_at__lte=timezone.now()).count() == 3
