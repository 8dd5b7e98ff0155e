"""What a coupon would take off a purchase, without using it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cards.choices import IssuedCardStatus
from cards.errors import CardBlocked
from games.choices import CouponStatus, RewardType
from games.errors import (
    CouponAlreadyUsed,
    CouponExpired,
    CouponNotAtShop,
    MinimumPurchaseNotMet,
    OperationNotAllowed,
)
from games.models import Coupon
from games.rules.discount import Goods, PricedLine, discount_of
from games.rules.rewards import Reward, reward_of
from games.selectors.coupons import CouponView, find_coupon, is_valid_at, status_of, view_of
from loyalty.errors import LoyaltyError
from partners.models import Partner, Product

STATES: dict[str, type[LoyaltyError]] = {
    CouponStatus.REDEEMED: CouponAlreadyUsed,
    CouponStatus.EXPIRED: CouponExpired,
    CouponStatus.CANCELLED: OperationNotAllowed,
}


@dataclass(frozen=True, slots=True)
class Quote:
    """`refusal` is the code of the error that using it would meet, or empty; `goods` where the cart holds none of its
    goods.
    """

    reward: Reward
    purchase: Decimal
    discount: Decimal
    points: int
    refusal: str = ""


def quote_discount(
    *,
    partner: Partner,
    code: str,
    purchase: Decimal,
    lines: Sequence[PricedLine],
    shop_id: int | None,
    at: datetime,
) -> Quote | None:
    """None where this partner has no such coupon."""
    coupon = find_coupon(partner=partner, code=code)
    if coupon is None:
        return None
    reward = reward_of(coupon)
    refusal = _state(coupon, shop_id, at)
    if refusal:
        return Quote(reward, purchase, Decimal(0), 0, refusal)
    found = discount_of(reward, purchase=purchase, lines=lines, goods=_goods(view_of(coupon)))
    code_of = {"minimum": MinimumPurchaseNotMet.code}.get(found.refusal, found.refusal)
    return Quote(reward, purchase, found.amount, found.points, code_of)


def _state(coupon: Coupon, shop_id: int | None, at: datetime) -> str:
    status = status_of(coupon, at)
    if status in STATES:
        return STATES[status].code
    if status == CouponStatus.PENDING and shop_id is not None and coupon.pending_shop_id != shop_id:
        return OperationNotAllowed.code
    if coupon.issued_card is not None and coupon.issued_card.status != IssuedCardStatus.ACTIVE:
        return CardBlocked.code
    if shop_id is not None and not is_valid_at(coupon=coupon, shop_id=shop_id):
        return CouponNotAtShop.code
    return ""


def _goods(view: CouponView) -> Goods:
    """Which goods of a cart it is for: its products by every name they have, the good it gives, or its categories."""
    coupon = view.coupon
    chosen = [one for one in view.products if one.pk == coupon.selected_product_id] or list(view.products)
    names = frozenset(name for product in chosen for name in _names(product))
    if not names and coupon.reward_type == RewardType.FREE_PRODUCT and coupon.reward_product_name:
        names = frozenset({coupon.reward_product_name.strip().casefold()})
    prices = [price for one in chosen if (price := _price(one)) is not None]
    return Goods(
        names=names,
        categories=frozenset(category.key for category in view.categories),
        price=max(prices) if prices else None,
    )


def _names(product: Product) -> list[str]:
    named = (product.external_id, product.sku, product.ean, product.name, str(product.pk))
    return [name.strip().casefold() for name in named if name]


def _price(product: Product) -> Decimal | None:
    return product.price if product.discounted_price is None else product.discounted_price
