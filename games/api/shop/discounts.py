"""What a coupon would take off a purchase (contract 5.9)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.shop import coupon_answers, coupon_examples
from games.api.shop.cart import MOST_MONEY, read_cart
from games.api.shop.coupon_serializers import CalculateDiscountSerializer, CalculatedSerializer
from games.api.shop.coupons import CODES, wrong_code
from games.api.shop.till_base import GamesTillViewSet
from games.selectors.discounts import Quote, quote_discount
from ledger.api.shop.guesses import guarded_code
from loyalty.api.envelope import ok
from loyalty.api.forms import Reader
from loyalty.api.schema import document
from loyalty.errors import all_error_classes


class DiscountViewSet(GamesTillViewSet):
    """Discounts of coupons, calculated and not given."""

    capabilities: ClassVar[Mapping[str, str]] = {"calculate": "till.read"}

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
        reader = Reader(dict(request.data))
        code = reader.text("coupon_code", "code", most=64, required=True)
        purchase = reader.money("purchase_amount", most=MOST_MONEY)
        if purchase is None and "purchase_amount" not in reader.errors:
            reader.refuse("purchase_amount", _("This field is required."))
        lines = read_cart(reader)
        shop_id = reader.identifier("shop_id")
        reader.finish()
        shop_id = self.shop_or_own(shop_id)
        with guarded_code(credential_id=self.credential.pk, shop_id=shop_id):
            quote = quote_discount(
                partner=self.partner,
                code=code or "",
                purchase=purchase or Decimal(0),
                lines=lines,
                shop_id=shop_id,
                at=self.now,
            )
            if quote is None:
                raise wrong_code()
        return ok(_quoted(quote, self.partner.currency))

    calculate.keeps_its_own_key = True


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
    details: dict[str, Any] = {
        "least": f"{quote.reward.minimum_purchase} {currency}",
        "reason": _("it is held or was cancelled."),
    }
    return error(**details).message
