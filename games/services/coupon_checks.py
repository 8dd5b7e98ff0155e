"""Why a coupon may not be used: one refusal each."""

from datetime import datetime

from django.utils.translation import gettext as _

from cards.choices import IssuedCardStatus
from cards.errors import CardBlocked
from games.choices import CouponStatus
from games.errors import (
    CouponAlreadyUsed,
    CouponExpired,
    CouponNotAtShop,
    MinimumPurchaseNotMet,
    OperationNotAllowed,
    SelectProduct,
)
from games.models import Coupon
from games.selectors.coupons import is_valid_at, status_of, view_of
from games.services.playable import check_purchase_stands
from ledger.models import Transaction
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.models import Partner, Product


def check_live(coupon: Coupon, *, shop_id: int | None, at: datetime) -> None:
    """Raises CouponAlreadyUsed, CouponExpired, or OperationNotAllowed (cancelled, or in another shop's hand)."""
    match status_of(coupon, at):
        case CouponStatus.REDEEMED:
            # So that a till whose answer got lost can tell its own use from somebody else's.
            used = None if coupon.redeemed_at is None else f"{coupon.redeemed_at:%Y-%m-%dT%H:%M:%SZ}"
            raise CouponAlreadyUsed(public={"redeemed_at": used, "redeemed_shop_id": coupon.redeemed_shop_id})
        case CouponStatus.EXPIRED:
            raise CouponExpired
        case CouponStatus.CANCELLED:
            raise OperationNotAllowed(reason=_("this coupon was cancelled."))
        case CouponStatus.PENDING if coupon.pending_shop_id != shop_id:
            raise OperationNotAllowed(reason=_("another shop has this coupon in hand."))


def check_card(coupon: Coupon) -> None:
    """Raises CardBlocked."""
    if coupon.issued_card is not None and coupon.issued_card.status != IssuedCardStatus.ACTIVE:
        raise CardBlocked


def check_place(coupon: Coupon, *, shop_id: int | None) -> None:
    """Raises CouponNotAtShop."""
    if shop_id is not None and not is_valid_at(coupon=coupon, shop_id=shop_id):
        raise CouponNotAtShop


def check_sale(coupon: Coupon, sale: Transaction) -> None:
    """Raises OperationNotAllowed (cancelled), ValidationFailed (somebody else's purchase) or MinimumPurchaseNotMet."""
    check_purchase_stands(sale)
    if None not in {sale.customer_id, coupon.customer_id} and sale.customer_id != coupon.customer_id:
        raise ValidationFailed(errors={"order_id": [_("This order belongs to another customer.")]})
    if sale.order_total < coupon.minimum_purchase:
        least = f"{coupon.minimum_purchase} {sale.currency}"
        raise MinimumPurchaseNotMet(least=least)


def chosen_product(*, partner: Partner, coupon: Coupon, product_id: int | None) -> int | None:
    """What the customer gets: as named now or while it was pending, or the only one there is.

    Raises ResourceNotFound, ValidationFailed (not among the choices), SelectProduct.
    """
    view = view_of(coupon)
    choices = [product.pk for product in view.products]
    wanted = product_id if product_id is not None else coupon.selected_product_id
    if wanted is None:
        if view.must_choose:
            raise SelectProduct(errors={"selected_product_id": [_("Choose one of the coupon's products.")]})
        return choices[0] if choices else None
    if wanted in choices:
        return wanted
    if not Product.objects.filter(partner=partner, pk=wanted, deleted_at=None).exists():
        raise ResourceNotFound(errors={"selected_product_id": [_("There is no such product.")]})
    if choices:
        raise ValidationFailed(errors={"selected_product_id": [_("This coupon is not for that product.")]})
    return wanted
