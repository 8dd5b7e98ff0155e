"""Coupons held and redeemed at the till (contract 5.9)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from customers.api.till import TillCall, call_of, till_call
from games.api.shop import coupon_examples
from games.api.shop.coupon_serializers import (
    CancelPendingSerializer,
    PendingAnswerSerializer,
    PendingCouponSerializer,
    RedeemCouponSerializer,
    RedeemedSerializer,
    ReleasedSerializer,
)
from games.api.shop.till_base import READS, REPLAYED, GamesTillViewSet, required_id, required_shop
from games.choices import CouponStatus
from games.errors import (
    CouponAlreadyUsed,
    CouponExpired,
    CouponNotAtShop,
    CouponOfOtherShop,
    MinimumPurchaseNotMet,
    OperationNotAllowed,
    SelectProduct,
)
from games.services.coupons import Redeemed, Redemption, cancel_pending, redeem_coupon, set_pending
from ledger.services.reported import Caller
from loyalty.api.base import once
from loyalty.api.envelope import ok
from loyalty.api.forms import Reader
from loyalty.api.json import dumps
from loyalty.api.schema import document
from loyalty.errors import IdempotencyInFlight, IdempotencyKeyReused
from loyalty.services.idempotency import Stored

USES = (*READS, CouponAlreadyUsed, CouponExpired, CouponNotAtShop, OperationNotAllowed, CardBlocked)


class CouponUseViewSet(GamesTillViewSet):
    """Using coupons."""

    capabilities: ClassVar[Mapping[str, str]] = dict.fromkeys(("pending", "cancel_pending", "redeem"), "till.sell")

    @document(
        "Hold a coupon for this shop",
        description="Until it is redeemed or let go here, no other shop can use it.",
        body=PendingCouponSerializer,
        answer=PendingAnswerSerializer,
        raises=USES,
        body_example={"coupon_id": 501, "shop_id": 3},
        example={"coupon_id": 501, "pending_at": "2026-11-23T18:30:00Z", "shop_id": 3, "selected_product_id": None},
    )
    def pending(self, request: Request, locale: str) -> Response:
        reader = Reader(dict(request.data))
        coupon_id, shop_id = required_id(reader, "coupon_id"), required_shop(reader, self.credential.shop_id)
        product_id = reader.identifier("selected_product_id")
        reader.finish()
        coupon, was_held = set_pending(
            caller=self.caller,
            partner=self.partner,
            coupon_id=coupon_id,
            shop_id=shop_id,
            product_id=product_id,
            at=self.now,
        )
        response = ok(
            {
                "coupon_id": coupon.pk,
                "pending_at": coupon.pending_at,
                "shop_id": shop_id,
                "selected_product_id": coupon.selected_product_id,
            }
        )
        if was_held:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    @document(
        "Let go of a pending coupon",
        description="Only the shop that holds it can. The same call a few seconds later is a client's retry and gets "
        "the first answer, unless the coupon was taken in hand or used in between.",
        body=CancelPendingSerializer,
        answer=ReleasedSerializer,
        raises=(*USES, CouponOfOtherShop),
        body_example={"coupon_id": 501, "shop_id": 3},
        example={"coupon_id": 501, "cancelled_at": "2026-11-23T18:30:00Z"},
    )
    def cancel_pending(self, request: Request, locale: str) -> Response:
        reader = Reader(dict(request.data))
        coupon_id, shop_id = required_id(reader, "coupon_id"), required_shop(reader, self.credential.shop_id)
        reader.finish()
        released = cancel_pending(
            caller=self.caller, partner=self.partner, coupon_id=coupon_id, shop_id=shop_id, at=self.now
        )
        response = ok({"coupon_id": released.coupon_id, "cancelled_at": released.released_at})
        if released.is_replay:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    @document(
        "Redeem a coupon",
        description=(
            "Once, however many tills try. With `order_id` the coupon knows its purchase, and the same call is "
            "answered alike at any time. Without it a second call is refused; `details` say when and where it was used."
        ),
        body=RedeemCouponSerializer,
        answer=RedeemedSerializer,
        raises=(*USES, SelectProduct, MinimumPurchaseNotMet, IdempotencyInFlight, IdempotencyKeyReused),
        body_example={"coupon_id": 501, "shop_id": 3, "order_id": "ORDER-1001"},
        example=coupon_examples.REDEEMED,
    )
    def redeem(self, request: Request, locale: str) -> Response:
        """The documented way; the address is served by `use_coupon`, which answers the same bytes."""
        data, headers = _redeem(call_of(self))
        response = ok(data)
        for name, value in headers.items():
            response.headers[name] = value
        return response

    redeem.keeps_its_own_key = True


@till_call(CouponUseViewSet, "redeem")
def use_coupon(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    """Use a coupon."""
    return _redeem(call)


def _redeem(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    reader = Reader(call.data)
    coupon_id, shop_id = required_id(reader, "coupon_id"), required_shop(reader, call.credential.shop_id)
    redemption = Redemption(
        shop_id=shop_id,
        product_id=reader.identifier("selected_product_id"),
        notes=reader.text("notes", most=255) or "",
        order_id=reader.text("order_id", most=100),
        card_id=reader.identifier("card_id"),
    )
    reader.finish()
    caller = Caller(call.actor, credential_id=call.credential.pk, shop_ids=call.shop_ids)

    def run() -> Redeemed:
        return redeem_coupon(
            caller=caller, partner=call.partner, coupon_id=coupon_id, redemption=redemption, at=call.at
        )

    if call.idempotency_key is None:
        done = run()
        return used_answer(done), REPLAYED if done.is_replay else {}
    stored, is_replay = once(
        scope=f"credential:{call.credential.pk} POST coupons/redeem",
        key=call.idempotency_key,
        method="POST",
        path="coupons/redeem",
        data=call.data,
        at=call.at,
        run=lambda: Stored(200, dumps(used_answer(run())).decode()),
    )
    return orjson.loads(stored.body), REPLAYED if is_replay else {}


def used_answer(done: Redeemed) -> dict[str, Any]:
    return {
        "coupon_id": done.coupon_id,
        "redeemed_at": done.redeemed_at,
        "shop_id": done.shop_id,
        "selected_product_id": done.product_id,
        "points_awarded": done.points,
        "status": CouponStatus.REDEEMED.value,
    }
