"""Tills at once on one coupon: real threads on real connections (promise A4)."""

from collections import Counter

import pytest

from games.models import Coupon
from games.tests.factories import CouponFactory
from games.tests.tills import GameTill
from ledger.tests.test_race_tills import deadlocks, together
from partners.models import Plan
from partners.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def till() -> GameTill:
    plan = Plan.objects.create(code="busy", name="Busy", credential_per_minute=100_000, credential_per_hour=100_000)
    return GameTill(partner={"plan": plan})


def coupon_of(till: GameTill, **fields: object) -> Coupon:
    return CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer, **fields)


@pytest.mark.parametrize("with_order", [False, True])
@pytest.mark.parametrize("owned", [True, False])
def test_a_hundred_redeems_of_one_coupon_give_one_success(till: GameTill, with_order: bool, owned: bool) -> None:
    coupon = coupon_of(till) if owned else CouponFactory(partner=till.partner, issued_card=None, customer=None)
    for number in range(100 if with_order else 0):
        till.sale(f"O{number}", user_id=till.buyer.pk, order_total=1).ok()

    def redeem(number: int) -> object:
        order = {"order_id": f"O{number}"} if with_order else {}
        return till.post({"coupon_id": coupon.pk, "shop_id": till.shop.pk, **order}, path="coupons/redeem")

    answers = together([lambda n=n: redeem(n) for n in range(100)])
    assert Counter(one.code for one in answers) == {200: 1, "COUPON_ALREADY_USED": 99}
    assert not any(one.is_replay for one in answers)


def test_ten_coupons_wanted_by_ten_tills_each_are_used_ten_times(till: GameTill) -> None:
    coupons = [coupon_of(till) for _ in range(10)]
    acts = [
        lambda c=c: till.post({"coupon_id": c.pk, "shop_id": till.shop.pk}, path="coupons/redeem")
        for c in coupons
        for _ in range(10)
    ]
    assert Counter(one.code for one in together(acts)) == {200: 10, "COUPON_ALREADY_USED": 90}
    assert Coupon.objects.filter(status="redeemed").count() == 10


def test_two_shops_holding_letting_go_and_using_at_once_use_it_once(till: GameTill) -> None:
    shops = [till.shop, ShopFactory(partner=till.partner)]
    before = deadlocks()
    for _ in range(4):
        coupon = coupon_of(till)
        acts = [
            lambda v=verb, s=shop, c=coupon: till.post({"coupon_id": c.pk, "shop_id": s.pk}, path=f"coupons/{v}")
            for verb in ("pending", "redeem", "cancel-pending", "redeem")
            for shop in shops
            for _ in range(3)
        ]
        codes = Counter(one.code for one in together(acts))
        assert set(codes) <= {200, "COUPON_ALREADY_USED", "OPERATION_NOT_ALLOWED", "FORBIDDEN"}
        coupon.refresh_from_db()
        assert coupon.status in {"redeemed", "active", "pending"}
        assert (coupon.redeemed_at is not None) == (coupon.status == "redeemed")
    assert deadlocks() == before


def test_points_of_a_coupon_are_credited_once(till: GameTill) -> None:
    coupon = coupon_of(till, reward_type="points", reward_value=None, reward_points=40)
    acts = [lambda: till.post({"coupon_id": coupon.pk, "shop_id": till.shop.pk}, path="coupons/redeem")] * 16
    assert Counter(one.code for one in together(acts)) == {200: 1, "COUPON_ALREADY_USED": 15}
    till.held.refresh_from_db()
    assert till.get("loyalty-cards/balance", card_id=till.held.pk).ok()["points"] == 40
