"""`/{locale}/shop/coupons*` for tills: look, hold, use, calculate (contract 5.9)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import orjson
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from cards.errors import CardBlocked
from customers.api.base import TillViewSet
from customers.api.till import TillCall, call_of, till_call
from games.api.shop import coupon_answers, coupon_examples
from games.api.shop.cart import MOST_MONEY, read_cart
from games.api.shop.coupon_serializers import (
    CalculateDiscountSerializer,
    CalculatedSerializer,
    CancelPendingSerializer,
    CardCouponsSerializer,
    CouponProductsSerializer,
    PendingAnswerSerializer,
    PendingCouponSerializer,
    RedeemCouponSerializer,
    RedeemedSerializer,
    ReleasedSerializer,
    VerifiedSerializer,
    VerifyCouponSerializer,
)
from games.api.shop.games import READS, REPEATED, REPLAYED, required_id, required_shop
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
from games.selectors.coupons import (
    MOST_OF_A_CARD,
    CouponQuery,
    get_coupon,
    list_coupons,
    view_of,
    with_choices,
)
from games.selectors.discounts import Quote, quote_discount
from games.selectors.verified import scan_coupon
from games.services.coupons import Redeemed, Redemption, cancel_pending, redeem_coupon, set_pending
from ledger.api.shop.guesses import guarded_code
from ledger.errors import WrongCouponCode
from ledger.services.reported import Caller
from loyalty.api.base import once
from loyalty.api.envelope import ok
from loyalty.api.forms import Reader
from loyalty.api.json import dumps
from loyalty.api.schema import document
from loyalty.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    LimiterUnavailable,
    QuotaExceeded,
    all_error_classes,
)
from loyalty.services.idempotency import Stored
from partners.selectors.shops import check_shops

CODES = (*READS, QuotaExceeded, LimiterUnavailable)
USES = (*READS, CouponAlreadyUsed, CouponExpired, CouponNotAtShop, OperationNotAllowed, CardBlocked)
SHOP_ID = OpenApiParameter("shop_id", int, description="Default: the only shop of the key.")


class CouponViewSet(TillViewSet):
    """Coupons at the till."""

    capabilities: ClassVar[Mapping[str, str]] = {
        "card": "till.read",
        "products": "till.read",
        "verify": "till.read",
        "calculate": "till.read",
        "pending": "till.sell",
        "cancel_pending": "till.sell",
        "redeem": "till.sell",
    }
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "card": frozenset({"shop_id", "card_id", "user_id"}),
        "products": frozenset({"coupon_id"}),
    }
    repeatable = frozenset({"cancel_pending"})

    @document(
        "List the active coupons of a card or customer",
        answer=CardCouponsSerializer,
        parameters=[
            SHOP_ID,
            OpenApiParameter("card_id", int, description="The issued card, or give user_id."),
            OpenApiParameter("user_id", int),
        ],
        raises=READS,
        example=coupon_examples.OF_CARD,
    )
    def card(self, request: Request, locale: str) -> Response:
        reader = Reader({name: value for name, value in request.query_params.items() if value})
        card_id, customer_id = reader.identifier("card_id"), reader.identifier("user_id")
        shop_id = reader.identifier("shop_id")
        if card_id is None and customer_id is None and not reader.errors:
            reader.refuse("card_id", _("Give card_id or user_id."))
        reader.finish()
        query = CouponQuery(customer_id=customer_id, card_id=card_id, shop_id=self._shop(shop_id))
        coupons = list_coupons(partner=self.partner, query=query, at=self.now)
        shown = [
            coupon_answers.coupon_answer(view, self.partner, self.now)
            for view in with_choices(coupons[:MOST_OF_A_CARD])
        ]
        return ok({"coupons": shown, "total_count": coupons.count()})

    @document(
        "List the products of a coupon",
        answer=CouponProductsSerializer,
        parameters=[OpenApiParameter("coupon_id", int, required=True)],
        raises=READS,
        example=coupon_examples.PRODUCTS,
    )
    def products(self, request: Request, locale: str) -> Response:
        reader = Reader({name: value for name, value in request.query_params.items() if value})
        coupon_id = required_id(reader, "coupon_id")
        reader.finish()
        view = view_of(get_coupon(partner=self.partner, coupon_id=coupon_id))
        products = [coupon_answers.product_answer(product, self.partner) for product in view.products]
        return ok({"products": products, "total_count": len(products), "selection_required": view.must_choose})

    @document(
        "Verify a coupon",
        description=(
            "By code as typed or by the value of its QR code. A wrong code and another partner's are answered alike, "
            "and twenty wrong ones an hour are the most for one key at one shop."
        ),
        body=VerifyCouponSerializer,
        answer=VerifiedSerializer,
        raises=(*CODES, CouponAlreadyUsed, CouponExpired, CouponNotAtShop, OperationNotAllowed),
        body_example={"code": "7KQ2XWMN84RTC", "shop_id": 3},
        example=coupon_examples.VERIFIED,
    )
    def verify(self, request: Request, locale: str) -> Response:
        """The documented way; the address is served by `verify_coupon`, which answers the same bytes."""
        return ok(_verify(call_of(self))[0])

    verify.keeps_its_own_key = True

    @document(
        "Calculate the discount of a coupon",
        description="Uses nothing. Where it cannot be applied, `can_apply` is false and `reason` says why.",
        body=CalculateDiscountSerializer,
        answer=CalculatedSerializer,
        raises=CODES,
        body_example={"coupon_code": "7KQ2XWMN84RTC", "purchase_amount": 50.0},
        example=coupon_examples.CALCULATED,
    )
    def calculate(self, request: Request, locale: str) -> Response:
        reader = Reader(request.data)
        code = reader.text("coupon_code", "code", most=64, required=True)
        purchase = reader.money("purchase_amount", most=MOST_MONEY)
        if purchase is None and "purchase_amount" not in reader.errors:
            reader.refuse("purchase_amount", _("This field is required."))
        lines = read_cart(reader)
        shop_id = reader.identifier("shop_id")
        reader.finish()
        shop_id = self._shop(shop_id)
        with guarded_code(request._request, credential_id=self.credential.pk, shop_id=shop_id):
            quote = quote_discount(
                partner=self.partner,
                code=code or "",
                purchase=purchase or Decimal(0),
                lines=lines,
                shop_id=shop_id,
                at=self.now,
            )
            if quote is None:
                raise _wrong_code()
        return ok(_quoted(quote, self.partner.currency))

    calculate.keeps_its_own_key = True

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
        reader = Reader(request.data)
        coupon_id, shop_id = required_id(reader, "coupon_id"), required_shop(reader, self.credential.shop_id)
        product_id = reader.identifier("selected_product_id")
        reader.finish()
        coupon, was_held = set_pending(
            caller=self._caller(),
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
        description="Only the shop that holds it can. " + REPEATED,
        body=CancelPendingSerializer,
        answer=ReleasedSerializer,
        raises=(*USES, CouponOfOtherShop),
        body_example={"coupon_id": 501, "shop_id": 3},
        example={"coupon_id": 501, "cancelled_at": "2026-11-23T18:30:00Z"},
    )
    def cancel_pending(self, request: Request, locale: str) -> Response:
        reader = Reader(request.data)
        coupon_id, shop_id = required_id(reader, "coupon_id"), required_shop(reader, self.credential.shop_id)
        reader.finish()
        coupon = cancel_pending(
            caller=self._caller(), partner=self.partner, coupon_id=coupon_id, shop_id=shop_id, at=self.now
        )
        return ok({"coupon_id": coupon.pk, "cancelled_at": self.now})

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

    def _shop(self, shop_id: int | None) -> int | None:
        if shop_id is None:
            return self.credential.shop_id
        check_shops(partner=self.partner, shop_ids=[shop_id], reach=self.shop_ids)
        return shop_id

    def _caller(self) -> Caller:
        return Caller(self.actor, credential_id=self.credential.pk, shop_ids=self.shop_ids)


@till_call(CouponViewSet, "verify")
def verify_coupon(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    """Tell a till all about a coupon."""
    return _verify(call)


@till_call(CouponViewSet, "redeem")
def use_coupon(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    """Use a coupon."""
    return _redeem(call)


def _verify(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    reader = Reader(call.data)
    code = reader.text("code", "coupon_code", most=64, required=True)
    shop_id = required_shop(reader, call.credential.shop_id)
    reader.finish()
    with guarded_code(call.request, credential_id=call.credential.pk, shop_id=shop_id):
        scanned = scan_coupon(partner=call.partner, shop_id=shop_id, reach=call.shop_ids, code=code or "", at=call.at)
        if scanned is None:
            raise _wrong_code()
    return coupon_answers.scanned_answer(scanned, call.partner), {}


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


def _wrong_code() -> WrongCouponCode:
    return WrongCouponCode(errors={"code": [_("There is no such coupon.")]})


def used_answer(done: Redeemed) -> dict[str, Any]:
    return {
        "coupon_id": done.coupon_id,
        "redeemed_at": done.redeemed_at,
        "shop_id": done.shop_id,
        "selected_product_id": done.product_id,
        "points_awarded": done.points,
        "status": CouponStatus.REDEEMED.value,
    }


def _quoted(quote: Quote, currency: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "can_apply": not quote.refusal,
        "purchase_amount": quote.purchase,
        "discount_amount": quote.discount,
        "final_amount": quote.purchase - quote.discount,
        "savings": quote.discount,
        "points_awarded": quote.points,
        "reward_details": coupon_answers.reward_details(quote.reward),
    }
    if quote.refusal:
        answer["reason"] = _reason(quote, currency)
        answer["reason_code"] = quote.refusal
    return answer


def _reason(quote: Quote, currency: str) -> str:
    if quote.refusal == "goods":
        return _("None of the goods in this cart are what the coupon is for.")
    (error,) = [one for one in all_error_classes() if one.code == quote.refusal]
    details = {"least": f"{quote.reward.minimum_purchase} {currency}", "reason": _("it is held or was cancelled.")}
    return error(**details).message
