"""Coupons at the till: looked at, by card, by product, by code (contract 5.9)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.till import TillCall, call_of, till_call
from games.api.shop import coupon_answers, coupon_examples
from games.api.shop.coupon_serializers import (
    CardCouponsSerializer,
    CouponProductsSerializer,
    VerifiedSerializer,
    VerifyCouponSerializer,
)
from games.api.shop.till_base import READS, GamesTillViewSet, required_id, required_shop
from games.errors import CouponAlreadyUsed, CouponExpired, CouponNotAtShop, OperationNotAllowed
from games.selectors.coupons import MOST_OF_A_CARD, CouponQuery, get_coupon, list_coupons, view_of, with_choices
from games.selectors.verified import scan_coupon
from ledger.api.shop.guesses import guarded_code
from ledger.errors import WrongCouponCode
from loyalty.api.envelope import ok
from loyalty.api.forms import Reader
from loyalty.api.schema import document
from loyalty.errors import LimiterUnavailable, QuotaExceeded

CODES = (*READS, QuotaExceeded, LimiterUnavailable)
SHOP_ID = OpenApiParameter("shop_id", int, description="Default: the only shop of the key.")


class CouponViewSet(GamesTillViewSet):
    """Coupons at the till."""

    capabilities: ClassVar[Mapping[str, str]] = dict.fromkeys(("card", "products", "verify"), "till.read")
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {
        "card": frozenset({"shop_id", "card_id", "user_id"}),
        "products": frozenset({"coupon_id"}),
    }

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
        query = CouponQuery(customer_id=customer_id, card_id=card_id, shop_id=self.shop_or_own(shop_id))
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


@till_call(CouponViewSet, "verify")
def verify_coupon(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    """Tell a till all about a coupon."""
    return _verify(call)


def _verify(call: TillCall) -> tuple[Any, Mapping[str, str]]:
    reader = Reader(call.data)
    code = reader.text("code", "coupon_code", most=64, required=True)
    shop_id = required_shop(reader, call.credential.shop_id)
    reader.finish()
    with guarded_code(credential_id=call.credential.pk, shop_id=shop_id):
        scanned = scan_coupon(partner=call.partner, shop_id=shop_id, reach=call.shop_ids, code=code or "", at=call.at)
        if scanned is None:
            raise wrong_code()
    return coupon_answers.scanned_answer(scanned, call.partner), {}


def wrong_code() -> WrongCouponCode:
    return WrongCouponCode(errors={"code": [_("There is no such coupon.")]})
