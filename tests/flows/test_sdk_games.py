"""Every game and coupon method of the official SDK 3.1.0, unmodified, against the running platform."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import requests
from loyalty_sdk import LoyaltyAPIError

from games.models import Coupon, Game, GameProduct, StampEvent
from games.tests.factories import CouponFactory, GameFactory
from partners.models import Product
from partners.tests.factories import ProductFactory
from tests.conftest import Web
from tests.flows.test_sdk import Business, open_business

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@dataclass
class Cafe:
    """A partner with a stamp card of three, and goods to choose from."""

    business: Business
    game: Game
    latte: Product
    mocha: Product

    @property
    def sdk(self) -> Any:
        return self.business.sdk

    @property
    def card_id(self) -> int:
        return self.business.issued.pk

    @property
    def shop_id(self) -> int:
        return self.business.shop.pk

    def coupon(self, **fields: Any) -> Coupon:
        business = self.business
        return CouponFactory.create(
            partner=business.partner, issued_card=business.issued, customer=business.customer, **fields
        )


@pytest.fixture
def cafe(web: Web) -> Cafe:
    business = open_business(web)
    game = GameFactory.create(partner=business.partner, stamps_required=3)
    goods = [ProductFactory.create(partner=business.partner, name=name) for name in ("Latte", "Mocha")]
    return Cafe(business, game, goods[0], goods[1])


def refused(call: Callable[[], object]) -> LoyaltyAPIError:
    with pytest.raises(LoyaltyAPIError) as caught:
        call()
    return caught.value


def test_from_the_first_stamp_to_the_used_coupon(cafe: Cafe) -> None:
    sdk, game_id = cafe.sdk, cafe.game.pk
    first = sdk.add_stamps(game_id, cafe.card_id, cafe.shop_id)
    assert (first["current_step"], first["stamps_required"], first["is_completed"]) == (1, 3, False)
    full = sdk.add_stamps(game_id, cafe.card_id, cafe.shop_id, stamps_count=2)
    assert full["is_completed"] is True
    code = full["reward_generated"]["coupon_code"]
    coupon = sdk.verify_coupon(code, cafe.shop_id)["coupon"]
    held = sdk.set_coupon_pending(coupon["id"], cafe.shop_id)
    assert (held["coupon_id"], held["shop_id"]) == (coupon["id"], cafe.shop_id)
    used = sdk.redeem_coupon(coupon["id"], cafe.shop_id)
    assert used["coupon_id"] == coupon["id"]
    error = refused(lambda: sdk.verify_coupon(code, cafe.shop_id))
    assert (error.code, error.http_status) == ("COUPON_ALREADY_USED", 400)


def test_games_are_listed_and_read(cafe: Cafe) -> None:
    listed = cafe.sdk.list_games(cafe.shop_id, type="stamps", per_page=5)
    assert ([row["id"] for row in listed["data"]], listed["meta"]["total"]) == ([cafe.game.pk], 1)
    shown = cafe.sdk.get_game(cafe.game.pk, cafe.card_id)
    assert (shown["game_type"], shown["status"]) == ("stamps", "available")
    rows = cafe.sdk.get_card_games(cafe.card_id, cafe.shop_id)
    assert isinstance(rows, list)
    assert [row["status"] for row in rows] == ["available"]


def test_progress_completion_restart_and_history(cafe: Cafe) -> None:
    sdk, game_id = cafe.sdk, cafe.game.pk
    sdk.add_stamps(game_id, cafe.card_id, cafe.shop_id, stamps_count=2)
    progress = sdk.get_game_progress(game_id, cafe.card_id)
    assert (progress["progress"]["current_step"], progress["stamps_required"]) == (2, 3)
    assert progress["progress"]["history"][0]["action"] == "stamp_added"
    done = sdk.complete_game(game_id, cafe.card_id)
    assert (done["completed"], done["coupon"]["status"]) == (True, "active")
    sdk.add_stamps(game_id, cafe.card_id, cafe.shop_id)
    restarted = sdk.restart_game(game_id, cafe.card_id, cafe.shop_id)
    assert restarted["progress"]["current_step"] == 0
    history = sdk.get_game_history(cafe.card_id, cafe.shop_id)
    assert isinstance(history, list)
    assert [row["status"] for row in history] == ["completed"]
    assert history[0]["reward_claimed"]["code"] == done["coupon"]["code"]


def test_coupons_are_listed_and_let_go(cafe: Cafe) -> None:
    coupon = cafe.coupon()
    listed = cafe.sdk.list_coupons(shop_id=cafe.shop_id, status="active")
    assert [row["id"] for row in listed["coupons"]] == [coupon.pk]
    of_card = cafe.sdk.get_card_coupons(cafe.shop_id, card_id=cafe.card_id)
    by_user = cafe.sdk.get_card_coupons(cafe.shop_id, user_id=cafe.business.customer.pk)
    assert of_card == by_user
    assert of_card["total_count"] == 1
    cafe.sdk.set_coupon_pending(coupon.pk, cafe.shop_id)
    assert cafe.sdk.cancel_pending_coupon(coupon.pk, cafe.shop_id)["coupon_id"] == coupon.pk
    coupon.refresh_from_db()
    assert coupon.status == "active"


def test_a_product_is_chosen(cafe: Cafe) -> None:
    GameProduct.objects.create(game=cafe.game, product=cafe.latte)
    GameProduct.objects.create(game=cafe.game, product=cafe.mocha)
    coupon = cafe.coupon(game=cafe.game, reward_type="free_product", reward_value=None)
    products = cafe.sdk.get_coupon_products(coupon.pk)
    assert [one["name"] for one in products["products"]] == ["Latte", "Mocha"]
    assert products["selection_required"] is True
    error = refused(lambda: cafe.sdk.redeem_coupon(coupon.pk, cafe.shop_id))
    assert error.code == "PRODUCT_SELECTION_REQUIRED"
    used = cafe.sdk.redeem_coupon(coupon.pk, cafe.shop_id, selected_product_id=cafe.mocha.pk, notes="With milk")
    assert used["selected_product_id"] == cafe.mocha.pk


def test_a_discount_is_calculated(cafe: Cafe) -> None:
    coupon = cafe.coupon(minimum_purchase=Decimal(20))
    low = cafe.sdk.calculate_coupon_discount(coupon.code, 19.99)
    assert (low["can_apply"], low["discount_amount"], low["final_amount"]) == (False, 0.0, 19.99)
    assert low["reason"]
    cart = [{"product_id": "7", "quantity": 2, "unit_price": 15.0}]
    quote = cafe.sdk.calculate_coupon_discount(coupon.code, 30.0, cart)
    assert (quote["can_apply"], quote["discount_amount"], quote["savings"]) == (True, 3.0, 3.0)


def test_a_lost_answer_to_add_stamps_counts_once(cafe: Cafe) -> None:
    seen: list[object] = []

    def lose_the_first(response: object, *_args: object, **_kwargs: object) -> None:
        seen.append(response)
        if len(seen) == 1:
            raise requests.ConnectionError("the connection broke after the server had answered")

    cafe.sdk.session.hooks["response"].append(lose_the_first)
    answer = cafe.sdk.add_stamps(cafe.game.pk, cafe.card_id, cafe.shop_id, stamps_count=3)
    assert (answer["is_completed"], len(seen)) == (True, 2)
    assert StampEvent.objects.filter(action="stamp_added").count() == 1
    assert Coupon.objects.count() == 1
    other = GameFactory.create(partner=cafe.business.partner)
    seen.clear()
    first = cafe.sdk.add_stamps(other.pk, cafe.card_id, cafe.shop_id)
    assert (first["current_step"], len(seen)) == (1, 2)
    seen.clear()
    done = cafe.sdk.complete_game(other.pk, cafe.card_id)
    assert (done["was_already_completed"], Coupon.objects.count(), len(seen)) == (False, 2, 2)


def test_a_wrong_code_and_a_blocked_card_have_their_codes(cafe: Cafe) -> None:
    error = refused(lambda: cafe.sdk.verify_coupon("WRONG-CODE", cafe.shop_id))
    assert (error.code, error.http_status) == ("RESOURCE_NOT_FOUND", 404)
    cafe.business.issued.status = "blocked"
    cafe.business.issued.save()
    error = refused(lambda: cafe.sdk.add_stamps(cafe.game.pk, cafe.card_id, cafe.shop_id))
    assert (error.code, error.http_status) == ("BUSINESS_CARD_BLOCKED", 400)
    error = refused(lambda: cafe.sdk.add_stamps(999_999, cafe.card_id, cafe.shop_id))
    assert (error.code, error.http_status) == ("RESOURCE_NOT_FOUND", 404)


def test_a_coupon_is_used_with_its_sale(cafe: Cafe) -> None:
    coupon = cafe.coupon()
    sale = cafe.sdk.create_transaction(
        order_id="A-1", user_id=cafe.business.customer.pk, order_total=20, shop_id=cafe.shop_id, coupon_code=coupon.code
    )
    coupon.refresh_from_db()
    assert (coupon.status, coupon.redeemed_by_id) == ("redeemed", sale["transaction_id"])
