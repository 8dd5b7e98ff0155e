"""Sales that give stamps and use coupons, and what becomes of both when a purchase is undone (decision 31)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import IssuedCard
from customers.tests.factories import CustomerFactory
from games.models import Coupon, Game, GameProduct, GameShop, StampEvent, StampProgress
from games.services.sale_follower import GamesFollower
from games.tests.factories import CouponFactory, GameFactory
from games.tests.tills import GameTill
from ledger.errors import ReceiptNotAttachable
from ledger.models import FollowedPartner, Transaction
from ledger.services import sale_statement
from ledger.services.receipts import attach_receipt
from ledger.tests.factories import assert_sound, balance_of, ledger_state
from loyalty.services.audit import SYSTEM
from partners.tests.factories import ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db


def stamped(till: GameTill) -> int:
    return till.progress.current_step if StampProgress.objects.exists() else 0


def sell(till: GameTill, order: str | None = None, **body: Any) -> dict[str, Any]:
    return till.sale(order, **{"user_id": till.buyer.pk, "order_total": 10, "shop_id": till.shop.pk, **body}).ok()


# --- Stamps by sales


def test_a_purchase_gives_one_stamp_and_its_repeat_none() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    first = sell(till, "A-1")
    assert sell(till, "A-1") == first
    assert stamped(till) == 1
    event = StampEvent.objects.get()
    assert (event.transaction_id, event.business_key) == (first["transaction_id"], f"sale:{first['transaction_id']}")
    assert till.get(f"games/{till.game.pk}/progress", card_id=till.held.pk).ok()["progress"]["history"][0][
        "performed_by_staff"
    ]
    sell(till, "A-2")
    assert stamped(till) == 2


def test_products_of_the_game_give_a_stamp_a_piece() -> None:
    till = GameTill(game={"auto_stamp": "per_product", "stamps_required": 50})
    latte = ProductFactory(partner=till.partner, external_id="L-1", sku="LAT")
    GameProduct.objects.create(game=till.game, product=latte)
    cart = [
        {"product_id": "L-1", "quantity": 2, "total_price": 6},
        {"sku": "LAT", "quantity": 1.5, "total_price": 4},
        {"product_id": "CAKE", "quantity": 5, "total_price": 9},
    ]
    sell(till, cart_items=cart)
    assert stamped(till) == 3
    sell(till, cart_items=cart[2:])
    assert stamped(till) == 3


def test_without_products_every_piece_counts() -> None:
    till = GameTill(game={"auto_stamp": "per_product", "stamps_required": 50})
    sell(till, cart_items=[{"product_id": "A", "quantity": 2}, {"quantity": 3}])
    assert stamped(till) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"starts_at": timezone.now() + timedelta(days=1)},
        {"ends_at": timezone.now() - timedelta(days=1)},
        {"deleted_at": timezone.now()},
    ],
)
def test_a_game_that_does_not_run_gives_none(change: dict[str, Any]) -> None:
    till = GameTill(game={"auto_stamp": "per_purchase", **change})
    sell(till)
    assert StampEvent.objects.count() == 0


def test_shops_cards_and_customers_are_kept_to() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    other = ShopFactory(partner=till.partner)
    GameShop.objects.create(game=till.game, shop=other)
    sell(till)
    sell(till, shop_id=None)
    till.sale(order_total=10, shop_id=other.pk).ok()
    assert StampEvent.objects.count() == 0
    sell(till, shop_id=other.pk)
    assert stamped(till) == 1
    IssuedCard.objects.filter(pk=till.held.pk).update(status="blocked")
    sell(till, shop_id=other.pk)
    assert stamped(till) == 1


def test_the_sale_that_fills_the_card_earns_the_coupon() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase", "stamps_required": 2})
    sell(till)
    sale = sell(till)
    assert [coupon.earned_by_id for coupon in till.coupons] == [sale["transaction_id"]]


def test_partners_without_such_games_keep_their_one_statement() -> None:
    sale_statement._remembered.clear()
    till, followed = GameTill(), GameTill(game={"auto_stamp": "per_purchase"})
    assert list(FollowedPartner.objects.values_list("partner_id", flat=True)) == [followed.partner.pk]
    sell(till)
    with CaptureQueriesContext(connection) as captured:
        sell(till)
    assert sum("apicredential" not in one["sql"] for one in captured.captured_queries) == 1
    assert StampEvent.objects.count() == 0


def test_a_game_that_is_switched_to_stamps_by_sales_counts_from_the_next_sale() -> None:
    till = GameTill()
    sell(till)
    Game.objects.filter(pk=till.game.pk).update(auto_stamp="per_purchase")
    sell(till)
    assert stamped(till) == 1


def test_a_customer_s_first_sale_gives_a_stamp_too() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    sale = till.sale(user_email="new@example.lt", order_total=10, shop_id=till.shop.pk).ok()
    assert StampProgress.objects.get(issued_card_id=sale["loyalty_card_id"]).current_step == 1


# --- Forgotten receipts


def attach(till: GameTill, order: str, customer: Any = None) -> Transaction:
    return attach_receipt(
        actor=SYSTEM,
        partner=till.partner,
        transaction=Transaction.objects.get(partner=till.partner, order_id=order, type="purchase"),
        customer=customer or till.buyer,
        at=timezone.now(),
        reason="Forgot the card",
    )


def anonymous(till: GameTill, order: str, **body: Any) -> None:
    till.sale(order, **{"order_total": 10, "shop_id": till.shop.pk, **body}).ok()


def test_a_forgotten_receipt_gives_the_stamps_of_its_sale_once() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    anonymous(till, "A-1")
    assert StampEvent.objects.count() == 0
    sale = attach(till, "A-1")
    assert stamped(till) == 1
    event = StampEvent.objects.get()
    assert (event.transaction_id, event.business_key, event.shop_id) == (sale.pk, f"sale:{sale.pk}", till.shop.pk)
    with pytest.raises(ReceiptNotAttachable):
        attach(till, "A-1")
    # Even told twice, it counts once.
    GamesFollower().after_attach(actor=SYSTEM, partner=till.partner, sale=sale, at=timezone.now())
    assert (stamped(till), StampEvent.objects.count()) == (1, 1)


def test_a_forgotten_receipt_counts_the_goods_that_were_sold() -> None:
    till = GameTill(game={"auto_stamp": "per_product", "stamps_required": 3})
    GameProduct.objects.create(game=till.game, product=ProductFactory(partner=till.partner, external_id="L-1"))
    anonymous(till, "A-1", cart_items=[{"product_id": "L-1", "quantity": 3}, {"product_id": "CAKE", "quantity": 9}])
    sale = attach(till, "A-1")
    (coupon,) = till.coupons
    assert (coupon.earned_by_id, coupon.customer_id) == (sale.pk, till.buyer.pk)
    assert StampEvent.objects.get(action="stamp_added").value == 3


@pytest.mark.parametrize("how", ["refund", "cancellation"])
def test_the_stamps_and_the_coupon_of_a_forgotten_receipt_go_with_it(how: str) -> None:
    till = GameTill(game={"auto_stamp": "per_purchase", "stamps_required": 2})
    sell(till, "A-1")
    anonymous(till, "A-2")
    attach(till, "A-2")
    assert [coupon.status for coupon in till.coupons] == ["active"]
    till.sale("A-2", type=how).ok()
    till.sale("A-2", type=how).ok()
    assert ([coupon.status for coupon in till.coupons], stamped(till)) == (["cancelled"], 1)
    assert_sound()


def test_only_games_that_ran_when_the_receipt_was_printed_count() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    elsewhere = GameFactory(partner=till.partner, auto_stamp="per_purchase")
    GameShop.objects.create(game=elsewhere, shop=ShopFactory(partner=till.partner))
    anonymous(till, "A-1")
    GameFactory(partner=till.partner, auto_stamp="per_purchase")
    GameFactory(partner=till.partner, auto_stamp="per_purchase", starts_at=timezone.now())
    Game.objects.filter(pk=till.game.pk).update(ends_at=timezone.now())
    attach(till, "A-1")
    assert list(StampProgress.objects.values_list("game_id", "current_step")) == [(till.game.pk, 1)]


def test_a_receipt_gives_its_first_stamp_on_the_card_that_it_issues() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    anonymous(till, "A-1")
    sale = attach(till, "A-1", CustomerFactory(partner=till.partner))
    assert StampProgress.objects.get().issued_card_id == sale.issued_card_id


# --- Undone


@pytest.mark.parametrize("how", ["refund", "cancellation"])
def test_an_undone_purchase_takes_its_stamp_back(how: str) -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    sell(till, "A-1")
    sell(till, "A-2")
    till.sale("A-1", type=how).ok()
    till.sale("A-1", type=how).ok()
    assert stamped(till) == 1
    event = StampEvent.objects.get(action="stamp_taken_back")
    assert (event.value, event.transaction_id) == (-1, Transaction.objects.get(type=how).pk)


def test_parts_take_the_stamp_back_with_the_last_one() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    sell(till, "A-1")
    till.refund("A-1", order_total=4).ok()
    assert stamped(till) == 1
    till.refund("A-1", order_total=6).ok()
    assert stamped(till) == 0


def test_stamps_given_by_hand_for_an_order_go_with_it() -> None:
    till = GameTill()
    sell(till, "A-1")
    till.stamp(3, order_id="A-1").ok()
    till.stamp(2).ok()
    till.refund("A-1").ok()
    assert stamped(till) == 2


def test_the_unused_coupon_is_cancelled_and_the_card_is_open_again() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase", "stamps_required": 3})
    for order in ("A-1", "A-2", "A-3", "A-4"):
        sell(till, order)
    till.refund("A-3").ok()
    assert [coupon.status for coupon in till.coupons] == ["cancelled", "active"]
    # 2 before, 1 after: together they fill the card anew, without the one that was undone.
    assert (stamped(till), till.coupons[1].earned_by_id) == (0, None)


def test_a_pending_coupon_is_unused_too() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase", "stamps_required": 2})
    sell(till, "A-1")
    sell(till, "A-2")
    till.post({"coupon_id": till.coupons[0].pk, "shop_id": till.shop.pk}, path="coupons/pending").ok()
    till.refund("A-2").ok()
    assert ([coupon.status for coupon in till.coupons], stamped(till)) == (["cancelled"], 1)


def test_a_used_coupon_stays_used_and_takes_its_stamps_with_it() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase", "stamps_required": 2})
    for order in ("A-1", "A-2", "A-3"):
        sell(till, order)
    till.post({"coupon_id": till.coupons[0].pk, "shop_id": till.shop.pk}, path="coupons/redeem").ok()
    till.refund("A-2").ok()
    till.refund("A-1").ok()
    assert ([coupon.status for coupon in till.coupons], stamped(till)) == (["redeemed"], 1)


def test_points_of_a_filled_card_are_taken_back() -> None:
    game = {"auto_stamp": "per_purchase", "stamps_required": 2, "reward_type": "points", "reward_points": 50}
    till = GameTill(game=game)
    sell(till, "A-1")
    sell(till, "A-2")
    assert balance_of(till.buyer) == (70, 0)
    till.refund("A-2").ok()
    assert (balance_of(till.buyer), stamped(till)) == ((10, 0), 1)
    sell(till, "A-3")
    assert balance_of(till.buyer) == (70, 0)
    assert_sound()


def test_a_card_that_stays_full_is_open_again() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase", "stamps_required": 2, "reset_on_complete": False})
    sell(till, "A-1")
    sell(till, "A-2")
    assert till.progress.is_completed
    till.refund("A-2").ok()
    assert (till.progress.is_completed, stamped(till)) == (False, 1)


# --- A coupon on a sale


def test_a_coupon_is_used_with_its_sale() -> None:
    till = GameTill()
    coupon = CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer)
    sale = sell(till, "A-1", coupon_code=coupon.code.lower())
    coupon.refresh_from_db()
    assert (coupon.status, coupon.redeemed_by_id, coupon.redeemed_shop_id) == (
        "redeemed",
        sale["transaction_id"],
        till.shop.pk,
    )
    assert sell(till, "A-1", coupon_code=coupon.code.lower()) == sale
    till.sale("A-2", user_id=till.buyer.pk, order_total=10, coupon_code=coupon.code).refused(400, "COUPON_ALREADY_USED")
    assert Transaction.objects.count() == 1


def test_an_anonymous_sale_can_use_a_printed_code() -> None:
    till = GameTill()
    coupon = CouponFactory(partner=till.partner, issued_card=None, customer=None)
    till.sale(order_total=10, shop_id=till.shop.pk, coupon_code=str(coupon.qr_value)).ok()
    coupon.refresh_from_db()
    assert coupon.status == "redeemed"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"expires_at": timezone.now() - timedelta(days=1)}, 400, "COUPON_EXPIRED"),
        ({"minimum_purchase": Decimal(11)}, 400, "MINIMUM_PURCHASE_NOT_MET"),
        ({"status": "cancelled", "ended_at": timezone.now()}, 409, "OPERATION_NOT_ALLOWED"),
    ],
)
def test_a_coupon_that_cannot_be_used_undoes_the_sale(fields: dict[str, Any], status: int, code: str) -> None:
    till = GameTill()
    coupon = CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer, **fields)
    before = ledger_state()
    till.sale(user_id=till.buyer.pk, order_total=10, coupon_code=coupon.code).refused(status, code)
    assert ledger_state() == before


def test_wrong_foreign_and_other_people_s_coupons_undo_the_sale() -> None:
    till, stranger = GameTill(), GameTill()
    theirs = CouponFactory(partner=stranger.partner, issued_card=stranger.held, customer=stranger.buyer)
    other = till.customer()
    others = CouponFactory(partner=till.partner, customer=other, issued_card=IssuedCard.objects.get(customer=other))
    before = ledger_state()
    for code in (theirs.code, "2222222222222"):
        till.sale(user_id=till.buyer.pk, order_total=1, coupon_code=code).refused(
            404, "RESOURCE_NOT_FOUND", "coupon_code"
        )
    till.sale(user_id=till.buyer.pk, order_total=1, coupon_code=others.code).refused(
        422, "VALIDATION_ERROR", "coupon_code"
    )
    assert ledger_state() == before
    for _ in range(18):
        till.sale(order_total=1, coupon_code="2222222222222").refused(404, "RESOURCE_NOT_FOUND", "coupon_code")
    till.sale(order_total=1, coupon_code="2222222222222").refused(429, "QUOTA_EXCEEDED")
    till.sale(order_total=1).ok()


def test_coupons_know_the_games_of_their_partner_only() -> None:
    till = GameTill(game={"auto_stamp": "per_purchase"})
    GameFactory(auto_stamp="per_purchase")
    sell(till)
    assert Coupon.objects.count() == 0
    assert StampEvent.objects.count() == 1
