"""Coupons at the till: looked at, held, used, calculated; and everything that is refused (contract 5.9)."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import IssuedCard
from games.api.shop.coupon_uses import CouponUseViewSet
from games.api.shop.coupons import CouponViewSet
from games.models import BatchShop, Coupon, CouponBatch, GameProduct, GameShop
from games.tests.factories import CouponFactory
from games.tests.tills import GameTill
from ledger.tests.factories import Answer, assert_sound, balance_of
from loyalty.limits.limiter import default_limiter
from partners.models import OfferShop
from partners.tests.factories import OfferFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> GameTill:
    return GameTill()


def coupon_of(till: GameTill, **fields: Any) -> Coupon:
    return CouponFactory(partner=till.partner, issued_card=till.held, customer=till.buyer, **fields)


def use(till: GameTill, coupon: Coupon, verb: str = "redeem", **body: Any) -> Answer:
    return till.post({"coupon_id": coupon.pk, "shop_id": till.shop.pk, **body}, path=f"coupons/{verb}")


def verify(till: GameTill, code: str, **body: Any) -> Answer:
    return till.post({"code": code, "shop_id": till.shop.pk, **body}, path="coupons/verify")


# --- Use


def test_a_coupon_is_used_once(till: GameTill) -> None:
    coupon = coupon_of(till)
    answer = use(till, coupon, notes="By hand").ok()
    coupon.refresh_from_db()
    assert answer == {
        "coupon_id": coupon.pk,
        "redeemed_at": f"{coupon.redeemed_at:%Y-%m-%dT%H:%M:%SZ}",
        "shop_id": till.shop.pk,
        "selected_product_id": None,
        "points_awarded": 0,
        "status": "redeemed",
    }
    assert (coupon.status, coupon.redeemed_shop_id, coupon.notes) == ("redeemed", till.shop.pk, "By hand")
    assert (coupon.redeemed_actor_kind, coupon.redeemed_actor_id) == ("credential", till.credential.pk)
    use(till, coupon).refused(400, "COUPON_ALREADY_USED")


def test_a_second_use_is_told_when_and_where_the_first_was(till: GameTill) -> None:
    coupon = coupon_of(till)
    used = use(till, coupon).ok()
    refused = use(till, coupon).refused(400, "COUPON_ALREADY_USED")
    assert refused.body["details"] == {"redeemed_at": used["redeemed_at"], "redeemed_shop_id": till.shop.pk}


def test_with_an_order_the_same_call_is_told_the_same_at_any_time(till: GameTill) -> None:
    sale = till.sale("A-1", user_id=till.buyer.pk, order_total=20).ok()
    till.sale("A-2", user_id=till.buyer.pk, order_total=20).ok()
    coupon = coupon_of(till)
    use(till, coupon, order_id="A-1").ok()
    Coupon.objects.update(redeemed_at=timezone.now() - timedelta(hours=5))
    assert use(till, coupon, order_id="A-1").is_replay
    use(till, coupon, order_id="A-2").refused(400, "COUPON_ALREADY_USED")
    coupon.refresh_from_db()
    assert coupon.redeemed_by_id == sale["transaction_id"]


def test_an_idempotency_key_is_answered_once(till: GameTill) -> None:
    coupon, key = coupon_of(till), {"Idempotency-Key": uuid.uuid4().hex}
    first, again = use(till, coupon, headers=key), use(till, coupon, headers=key)
    assert (first.is_replay, again.is_replay, first.ok()) == (False, True, again.ok())


def test_an_order_of_somebody_else_or_of_too_little_is_refused(till: GameTill) -> None:
    coupon = coupon_of(till, minimum_purchase=Decimal(50))
    till.sale("A-1", user_id=till.buyer.pk, order_total="49.99").ok()
    till.sale("A-2", user_id=till.customer().pk, order_total=60).ok()
    use(till, coupon, order_id="A-1").refused(400, "MINIMUM_PURCHASE_NOT_MET")
    use(till, coupon, order_id="A-2").refused(422, "VALIDATION_ERROR", "order_id")
    use(till, coupon, order_id="A-3").refused(404, "RESOURCE_NOT_FOUND", "order_id")
    coupon.refresh_from_db()
    assert coupon.status == "active"


def test_points_are_credited_when_it_is_used(till: GameTill) -> None:
    coupon = coupon_of(till, reward_type="points", reward_value=None, reward_points=40)
    assert use(till, coupon).ok()["points_awarded"] == 40
    assert balance_of(till.buyer) == (40, 0)
    use(till, coupon).refused(400, "COUPON_ALREADY_USED")
    assert balance_of(till.buyer) == (40, 0)
    assert_sound()


def test_points_of_a_coupon_nobody_owns_go_to_the_card_that_is_named(till: GameTill) -> None:
    stranger = GameTill()
    fields: dict[str, Any] = {"reward_type": "points", "reward_value": None, "reward_points": 40}
    coupon = CouponFactory(partner=till.partner, issued_card=None, customer=None, **fields)
    use(till, coupon).refused(422, "VALIDATION_ERROR", "card_id")
    use(till, coupon, card_id=stranger.held.pk).refused(400, "BUSINESS_CARD_BLOCKED")
    assert use(till, coupon, card_id=till.held.pk).ok()["points_awarded"] == 40
    assert (balance_of(till.buyer), balance_of(stranger.buyer)) == ((40, 0), (0, 0))


# --- Hold


def test_a_held_coupon_is_this_shop_s_alone(till: GameTill) -> None:
    coupon, other = coupon_of(till), ShopFactory(partner=till.partner)
    held = use(till, coupon, "pending").ok()
    coupon.refresh_from_db()
    assert held == {
        "coupon_id": coupon.pk,
        "pending_at": f"{coupon.pending_at:%Y-%m-%dT%H:%M:%SZ}",
        "shop_id": till.shop.pk,
        "selected_product_id": None,
    }
    again = use(till, coupon, "pending")
    assert (again.ok(), again.is_replay) == (held, True)
    for verb in ("pending", "redeem"):
        use(till, coupon, verb, shop_id=other.pk).refused(409, "OPERATION_NOT_ALLOWED")
    use(till, coupon, "cancel-pending", shop_id=other.pk).refused(403, "FORBIDDEN")
    coupon.refresh_from_db()
    assert (coupon.status, coupon.pending_shop_id) == ("pending", till.shop.pk)
    use(till, coupon).ok()


def test_a_coupon_that_is_let_go_can_be_used_elsewhere(till: GameTill) -> None:
    coupon, other = coupon_of(till), ShopFactory(partner=till.partner)
    use(till, coupon, "cancel-pending").refused(409, "OPERATION_NOT_ALLOWED")
    use(till, coupon, "pending").ok()
    first = use(till, coupon, "cancel-pending")
    assert set(first.ok()) == {"coupon_id", "cancelled_at"}
    assert use(till, coupon, "cancel-pending").is_replay
    use(till, coupon, shop_id=other.pk).ok()
    use(till, coupon, "pending").refused(400, "COUPON_ALREADY_USED")


def test_letting_go_twice_of_what_was_held_twice_is_no_repeat(till: GameTill, settings: Any) -> None:
    settings.REPEAT_SECONDS = 60
    coupon = coupon_of(till)
    for _round in range(2):
        use(till, coupon, "pending").ok()
        released = use(till, coupon, "cancel-pending")
        assert (set(released.ok()), released.is_replay) == ({"coupon_id", "cancelled_at"}, False)
        coupon.refresh_from_db()
        assert (coupon.status, coupon.pending_shop_id) == ("active", None)
    again = use(till, coupon, "cancel-pending")
    assert (again.ok(), again.is_replay) == (released.ok(), True)
    use(till, coupon).ok()
    # It is not free: it was used.
    use(till, coupon, "cancel-pending").refused(400, "COUPON_ALREADY_USED")


def test_a_retry_of_letting_go_is_known_by_its_caller_and_for_a_moment(till: GameTill, settings: Any) -> None:
    settings.REPEAT_SECONDS = 60
    coupon = coupon_of(till)
    use(till, coupon, "pending").ok()
    use(till, coupon, "cancel-pending").ok()
    mine = till.headers
    use(till.use_key(), coupon, "cancel-pending").refused(409, "OPERATION_NOT_ALLOWED")
    till.headers = mine
    assert use(till, coupon, "cancel-pending").is_replay
    settings.REPEAT_SECONDS = 0
    use(till, coupon, "cancel-pending").refused(409, "OPERATION_NOT_ALLOWED")


# --- Refusals

OVER = timezone.now() - timedelta(days=1)
STATES: list[tuple[dict[str, Any], int, str]] = [
    ({"expires_at": OVER}, 400, "COUPON_EXPIRED"),
    ({"status": "expired", "ended_at": OVER}, 400, "COUPON_EXPIRED"),
    ({"status": "cancelled", "ended_at": OVER}, 409, "OPERATION_NOT_ALLOWED"),
    ({"status": "redeemed", "redeemed_at": OVER}, 400, "COUPON_ALREADY_USED"),
]


@pytest.mark.parametrize(("fields", "status", "code"), STATES)
def test_a_coupon_that_is_over_is_refused_everywhere(
    till: GameTill, fields: dict[str, Any], status: int, code: str
) -> None:
    coupon = coupon_of(till, **fields)
    before = list(Coupon.objects.values())
    for verb in ("redeem", "pending", "cancel-pending"):
        use(till, coupon, verb).refused(status, code)
    verify(till, coupon.code).refused(status, code)
    quoted = till.post({"coupon_code": coupon.code, "purchase_amount": 10}, path="coupons/calculate-discount").ok()
    assert (quoted["can_apply"], quoted["reason_code"], quoted["discount_amount"]) == (False, code, 0)
    assert quoted["reason"]
    assert list(Coupon.objects.values()) == before


def test_the_shops_of_game_offer_and_batch_are_kept_to(till: GameTill) -> None:
    other = ShopFactory(partner=till.partner)
    offer = OfferFactory(partner=till.partner)
    batch = CouponBatch.objects.create(
        partner=till.partner, name="B", quantity=1, reward_value=5, reward_type="fixed", created_at=timezone.now()
    )
    GameShop.objects.create(game=till.game, shop=other)
    OfferShop.objects.create(offer=offer, shop=other)
    BatchShop.objects.create(batch=batch, shop=other)
    for source in ({"game": till.game}, {"offer": offer}, {"batch": batch}):
        coupon = coupon_of(till, **source)
        for verb in ("redeem", "pending"):
            use(till, coupon, verb).refused(400, "COUPON_NOT_AT_SHOP")
        verify(till, coupon.code).refused(400, "COUPON_NOT_AT_SHOP")
        use(till, coupon, shop_id=other.pk).ok()


def test_shop_coupon_and_card_are_checked(till: GameTill) -> None:
    stranger = GameTill()
    coupon, theirs = coupon_of(till), coupon_of(stranger)
    for verb in ("redeem", "pending", "cancel-pending"):
        use(till, theirs, verb).refused(404, "RESOURCE_NOT_FOUND", "coupon_id")
        use(till, coupon, verb, shop_id=stranger.shop.pk).refused(404, "RESOURCE_NOT_FOUND", "shop_id")
        use(till, coupon, verb, shop_id=None).refused(422, "VALIDATION_ERROR", "shop_id")
    IssuedCard.objects.filter(pk=till.held.pk).update(status="blocked")
    for verb in ("redeem", "pending"):
        use(till, coupon, verb).refused(400, "BUSINESS_CARD_BLOCKED")
    verify(till, coupon.code).refused(400, "BUSINESS_CARD_BLOCKED")
    till.use_key(shop=ShopFactory(partner=till.partner))
    for verb in ("redeem", "pending", "cancel-pending"):
        use(till, coupon, verb).refused(403, "STORE_ACCESS_DENIED", "shop_id")
    verify(till, coupon.code).refused(403, "STORE_ACCESS_DENIED", "shop_id")
    coupon.refresh_from_db()
    assert coupon.status == "active"


def test_a_product_has_to_be_chosen_where_there_are_several(till: GameTill) -> None:
    stranger = GameTill()
    latte, mocha, tea = (ProductFactory(partner=till.partner) for _ in range(3))
    GameProduct.objects.create(game=till.game, product=latte)
    coupon = coupon_of(till, game=till.game, reward_type="free_product", reward_value=None)
    assert till.get("coupons/products", coupon_id=coupon.pk).ok()["selection_required"] is False
    GameProduct.objects.create(game=till.game, product=mocha)
    listed = till.get("coupons/products", coupon_id=coupon.pk).ok()
    assert ([one["id"] for one in listed["products"]], listed["total_count"]) == ([latte.pk, mocha.pk], 2)
    assert listed["selection_required"] is True
    use(till, coupon).refused(400, "PRODUCT_SELECTION_REQUIRED", "selected_product_id")
    foreign = ProductFactory(partner=stranger.partner)
    for verb in ("redeem", "pending"):
        use(till, coupon, verb, selected_product_id=tea.pk).refused(422, "VALIDATION_ERROR", "selected_product_id")
        use(till, coupon, verb, selected_product_id=foreign.pk).refused(
            404, "RESOURCE_NOT_FOUND", "selected_product_id"
        )
    assert use(till, coupon, "pending", selected_product_id=mocha.pk).ok()["selected_product_id"] == mocha.pk
    assert use(till, coupon).ok()["selected_product_id"] == mocha.pk


def test_the_only_product_is_chosen_by_itself(till: GameTill) -> None:
    latte = ProductFactory(partner=till.partner)
    GameProduct.objects.create(game=till.game, product=latte)
    coupon = coupon_of(till, game=till.game, reward_type="free_product", reward_value=None)
    assert use(till, coupon).ok()["selected_product_id"] == latte.pk


# --- Look


def test_a_scanned_coupon_tells_all_a_till_shows(till: GameTill) -> None:
    till.adjust(till.held, 25)
    coupon = coupon_of(till, game=till.game, expires_at=timezone.now() + timedelta(days=3))
    dashed = f"{coupon.code[:4]}-{coupon.code[4:8].lower()} {coupon.code[8:]}"
    found = verify(till, dashed).ok()
    assert verify(till, str(coupon.qr_value)).ok() == found
    assert till.post({"coupon_code": coupon.code, "shop_id": till.shop.pk}, path="coupons/verify").ok() == found
    shown = found["coupon"]
    assert (shown["id"], shown["code"], shown["status"]) == (coupon.pk, coupon.code, "active")
    assert shown["expires_at"] == shown["expiry_time"] == f"{coupon.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    assert (shown["is_pending"], shown["pending_shop_id"], shown["is_used"]) == (False, None, False)
    assert shown["offer"]["title"] == {"lt": "Dešimt procentų nuolaida", "en": "Ten percent off"}
    assert (shown["offer"]["discount_type"], shown["offer"]["reward_details"]["value"]) == ("game_reward", 10.0)
    assert found["user"] == {
        "id": till.buyer.pk,
        "name": till.buyer.name,
        "email": till.buyer.email,
        "phone": till.buyer.phone,
        "default_card_id": till.held.pk,
        "points_balance": 25,
    }
    assert found["card"] == {
        "id": till.held.pk,
        "card_number": till.held.number,
        "user_id": till.buyer.pk,
        "points_balance": 25,
    }
    assert found["points_rules"] == {
        "points_enabled": True,
        "points_redemption_enabled": True,
        "points_per_euro": 1.0,
        "euro_per_point": 0.01,
    }
    assert (found["games_count"], found["coupons_count"]) == (1, 1)
    assert found["game"]["id"] == till.game.pk


def test_a_coupon_nobody_owns_and_one_in_hand_can_be_scanned(till: GameTill) -> None:
    free = CouponFactory(partner=till.partner, issued_card=None, customer=None)
    found = verify(till, free.code).ok()
    assert (found["user"], found["card"], found["points_rules"], found["coupons_count"]) == (None, None, None, 0)
    assert "game" not in found
    coupon = coupon_of(till)
    use(till, coupon, "pending").ok()
    other = ShopFactory(partner=till.partner)
    shown = verify(till, coupon.code, shop_id=other.pk).ok()["coupon"]
    assert (shown["is_pending"], shown["pending_shop_id"]) == (True, till.shop.pk)


def test_points_that_are_over_are_not_shown(till: GameTill) -> None:
    type(till.card).objects.update(points_expiration_days=1)
    old = f"{timezone.now() - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    till.sale(user_id=till.buyer.pk, order_total=10, occurred_at=old).ok()
    till.sale(user_id=till.buyer.pk, order_total=7).ok()
    assert verify(till, coupon_of(till).code).ok()["card"]["points_balance"] == 7


def test_verify_costs_one_statement(till: GameTill) -> None:
    coupon = coupon_of(till)
    verify(till, coupon.code).ok()
    with CaptureQueriesContext(connection) as captured:
        verify(till, coupon.code).ok()
    assert sum("apicredential" not in one["sql"] for one in captured.captured_queries) == 1


def test_the_short_ways_and_the_documented_ones_answer_the_same_bytes(till: GameTill, rf: Any) -> None:
    coupon = coupon_of(till)
    body = {"code": coupon.code, "coupon_id": coupon.pk, "shop_id": till.shop.pk, "order_id": "A-1"}
    till.sale("A-1", user_id=till.buyer.pk, order_total=1).ok()
    for viewset, verb in ((CouponViewSet, "verify"), (CouponUseViewSet, "redeem")):
        short = till.post(body, path=f"coupons/{verb}")
        view = viewset.as_view({"post": verb})
        long = view(rf.post("/en/shop/x", body, "application/json", headers=till.headers), locale="en")
        long.render()
        parts = [raw[: raw.index(b'"request_id"')] + raw[raw.index(b'"data"') :] for raw in (long.content, short.raw)]
        assert parts[0] == parts[1]


# --- Guessing


def test_wrong_and_foreign_codes_are_answered_alike_and_twenty_are_the_most(till: GameTill) -> None:
    theirs, mine = coupon_of(GameTill()), coupon_of(till)
    wrong = verify(till, "2222222222222").refused(404, "RESOURCE_NOT_FOUND", "code")
    foreign = verify(till, theirs.code).refused(404, "RESOURCE_NOT_FOUND", "code")
    for answer in (wrong, foreign):
        answer.body.pop("request_id")
    assert wrong.body == foreign.body
    for _ in range(9):
        verify(till, str(theirs.qr_value)).refused(404, "RESOURCE_NOT_FOUND", "code")
        till.post(
            {"coupon_code": "3333333333333", "purchase_amount": 1, "shop_id": till.shop.pk},
            path="coupons/calculate-discount",
        ).refused(404, "RESOURCE_NOT_FOUND", "code")
    refused = verify(till, mine.code).refused(429, "QUOTA_EXCEEDED")
    assert int(refused.headers["Retry-After"]) > 0
    # Another shop of the same key, and another key, go on.
    verify(till, mine.code, shop_id=ShopFactory(partner=till.partner).pk).ok()
    till.use_key()
    verify(till, mine.code).ok()


def test_right_codes_are_not_counted(till: GameTill) -> None:
    coupon = coupon_of(till)
    for _ in range(25):
        verify(till, coupon.code).ok()


def test_codes_are_not_read_while_nobody_counts(till: GameTill, monkeypatch: pytest.MonkeyPatch) -> None:
    coupon = coupon_of(till)
    verify(till, coupon.code).ok()
    breaker = default_limiter().breaker
    for _ in range(10):
        breaker.failed("test")
    verify(till, coupon.code).refused(503, "TEMPORARILY_UNAVAILABLE")
    use(till, coupon).ok()
    breaker.succeeded()


# --- Lists


def test_coupons_are_listed_by_status(till: GameTill) -> None:
    other = till.customer()
    active, pending = coupon_of(till), coupon_of(till)
    use(till, pending, "pending").ok()
    used = coupon_of(till, status="redeemed", redeemed_at=OVER)
    over = coupon_of(till, expires_at=OVER)
    expired = coupon_of(till, status="expired", ended_at=OVER)
    cancelled = coupon_of(till, status="cancelled", ended_at=OVER)
    theirs = CouponFactory(partner=till.partner, customer=other, issued_card=IssuedCard.objects.get(customer=other))
    coupon_of(GameTill())

    def listed(**query: Any) -> list[int]:
        return [row["id"] for row in till.get("coupons", **query).ok()["coupons"]]

    assert listed() == [theirs.pk, pending.pk, active.pk]
    assert listed(status="used") == listed(status="redeemed") == [used.pk]
    assert listed(status="expired") == [expired.pk, over.pk]
    assert listed(status="cancelled") == [cancelled.pk]
    assert listed(status="pending") == [pending.pk]
    assert len(listed(status="all")) == 7
    assert listed(user_id=other.pk) == listed(card_id=theirs.issued_card_id) == [theirs.pk]
    till.get("coupons", status="lost").refused(422, "VALIDATION_ERROR", "status")
    page = till.get("coupons", status="all", per_page=3, page=3).ok()
    assert len(page["coupons"]) == 1
    assert page["pagination"] == {"current_page": 3, "per_page": 3, "total": 7, "last_page": 3}
    row = till.get("coupons", status="used").ok()["coupons"][0]
    assert (row["status"], row["is_used"], row["user"]["id"]) == ("redeemed", True, till.buyer.pk)


def test_the_coupons_of_a_card_are_those_it_can_use_here(till: GameTill) -> None:
    stranger, other = GameTill(), ShopFactory(partner=till.partner)
    GameShop.objects.create(game=till.game, shop=other)
    here, elsewhere = coupon_of(till), coupon_of(till, game=till.game)
    coupon_of(till, status="redeemed", redeemed_at=OVER)
    found = till.get("coupons/card", card_id=till.held.pk, shop_id=till.shop.pk).ok()
    assert ([row["id"] for row in found["coupons"]], found["total_count"]) == ([here.pk], 1)
    by_user = till.get("coupons/card", user_id=till.buyer.pk, shop_id=other.pk).ok()
    assert [row["id"] for row in by_user["coupons"]] == [elsewhere.pk, here.pk]
    till.get("coupons/card", shop_id=till.shop.pk).refused(422, "VALIDATION_ERROR", "card_id")
    till.get("coupons/card", card_id=stranger.held.pk).refused(404, "RESOURCE_NOT_FOUND", "card_id")
    till.get("coupons/card", user_id=stranger.buyer.pk).refused(404, "RESOURCE_NOT_FOUND", "user_id")
    till.get("coupons/products", coupon_id=coupon_of(stranger).pk).refused(404, "RESOURCE_NOT_FOUND", "coupon_id")


def test_lists_cost_the_same_for_two_coupons_and_for_twenty(till: GameTill) -> None:
    paths = {"coupons": {}, "coupons/card": {"card_id": till.held.pk}}

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            till.get(path, shop_id=till.shop.pk, **paths[path]).ok()
        # The key itself is read again every second.
        return sum("apicredential" not in one["sql"] for one in captured.captured_queries)

    def more(count: int) -> None:
        for _ in range(count):
            product = ProductFactory(partner=till.partner)
            GameProduct.objects.create(game=till.game, product=product)
            coupon_of(till, game=till.game)
            coupon_of(till, offer=OfferFactory(partner=till.partner, product=product))

    more(2)
    before = [cost(path) for path in paths]
    more(9)
    assert [cost(path) for path in paths] == before


# --- Calculate


def quote(till: GameTill, coupon: Coupon, amount: float, **body: Any) -> dict[str, Any]:
    full = {"coupon_code": coupon.code, "purchase_amount": amount, **body}
    return till.post(full, path="coupons/calculate-discount").ok()


def test_a_discount_is_calculated_and_nothing_is_used(till: GameTill) -> None:
    coupon = coupon_of(till, minimum_purchase=Decimal(20), maximum_discount=Decimal(4))
    assert quote(till, coupon, 30) == {
        "can_apply": True,
        "purchase_amount": 30.0,
        "discount_amount": 3.0,
        "final_amount": 27.0,
        "savings": 3.0,
        "points_awarded": 0,
        "reward_details": {
            "type": "percentage",
            "value": 10.0,
            "points": None,
            "product_name": None,
            "minimum_purchase": 20.0,
            "maximum_discount": 4.0,
        },
    }
    assert quote(till, coupon, 100)["discount_amount"] == 4.0
    low = quote(till, coupon, 19.99)
    assert (low["can_apply"], low["discount_amount"], low["final_amount"]) == (False, 0.0, 19.99)
    assert low["reason_code"] == "MINIMUM_PURCHASE_NOT_MET"
    assert "20.00 EUR" in low["reason"]
    coupon.refresh_from_db()
    assert coupon.status == "active"


def test_nothing_is_promised_for_a_card_that_is_blocked(till: GameTill) -> None:
    coupon = coupon_of(till)
    IssuedCard.objects.filter(pk=till.held.pk).update(status="blocked")
    refused = quote(till, coupon, 30)
    assert (refused["can_apply"], refused["discount_amount"]) == (False, 0.0)
    assert (refused["reason_code"], bool(refused["reason"])) == ("BUSINESS_CARD_BLOCKED", True)
    use(till, coupon).refused(400, "BUSINESS_CARD_BLOCKED")


def test_points_and_free_goods_are_calculated(till: GameTill) -> None:
    points = coupon_of(till, reward_type="points", reward_value=None, reward_points=40)
    assert (quote(till, points, 10)["points_awarded"], quote(till, points, 10)["discount_amount"]) == (40, 0.0)
    latte = ProductFactory(partner=till.partner, name="Latte", external_id="L-1", price=Decimal("3.20"))
    GameProduct.objects.create(game=till.game, product=latte)
    free = coupon_of(till, game=till.game, reward_type="free_product", reward_value=None)
    assert quote(till, free, 10)["discount_amount"] == 3.2
    cart = [
        {"product_id": "L-1", "quantity": 2, "unit_price": 3},
        {"product_name": "Cake", "quantity": 1, "total_price": 4},
    ]
    assert quote(till, free, 10, cart_items=cart)["discount_amount"] == 3.0
    none = quote(till, free, 4, cart_items=cart[1:])
    assert (none["can_apply"], none["reason_code"]) == (False, "goods")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"purchase_amount": -1}, "purchase_amount"),
        ({"purchase_amount": "x"}, "purchase_amount"),
        ({"purchase_amount": None}, "purchase_amount"),
        ({"coupon_code": None}, "coupon_code"),
        ({"cart_items": {}}, "cart_items"),
        ({"cart_items": [{"quantity": 0}]}, "cart_items.0.quantity"),
    ],
)
def test_a_wrong_field_is_named(till: GameTill, body: dict[str, Any], field: str) -> None:
    full = {"coupon_code": "2222222222222", "purchase_amount": 1, **body}
    till.post(full, path="coupons/calculate-discount").refused(422, "VALIDATION_ERROR", field)
