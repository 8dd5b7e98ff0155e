"""Refusals that speak of games, stamps and coupons."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import AccessError, ConflictError, InvalidError, LoyaltyError

# --- Games


class GameInactive(LoyaltyError):
    code = "GAME_INACTIVE"
    status = 400
    template = _("This game is switched off.")


class GameNotStarted(LoyaltyError):
    code = "GAME_NOT_STARTED"
    status = 400
    template = _("This game has not started yet.")


class GameEnded(LoyaltyError):
    code = "GAME_ENDED"
    status = 400
    template = _("This game is over.")


class GameNotAtShop(LoyaltyError):
    code = "GAME_NOT_AT_SHOP"
    status = 400
    template = _("This game is not played at this shop.")


class GameHasNoStamps(LoyaltyError):
    code = "GAME_HAS_NO_STAMPS"
    status = 400
    template = _("This game is not a stamp card.")


# --- Coupons


class CouponAlreadyUsed(LoyaltyError):
    code = "COUPON_ALREADY_USED"
    status = 400
    template = _("This coupon was used already.")


class CouponExpired(LoyaltyError):
    code = "COUPON_EXPIRED"
    status = 400
    template = _("This coupon has expired.")


class CouponNotAtShop(LoyaltyError):
    code = "COUPON_NOT_AT_SHOP"
    status = 400
    template = _("This coupon is not valid at this shop.")


class OperationNotAllowed(ConflictError):
    """The thing is in another state than the call needs."""

    code = "OPERATION_NOT_ALLOWED"
    template = _("This is not possible now: {reason}")


class CouponOfOtherShop(AccessError):
    code = "FORBIDDEN"
    template = _("Another shop has this coupon in hand.")


class MinimumPurchaseNotMet(LoyaltyError):
    code = "MINIMUM_PURCHASE_NOT_MET"
    status = 400
    template = _("The purchase must come to at least {least}.")


class SelectProduct(LoyaltyError):
    code = "PRODUCT_SELECTION_REQUIRED"
    status = 400
    template = _("Choose the product that the customer gets.")


class CouponEndsSoon(InvalidError):
    code = "COUPON_ENDS_SOON"
    template = _("A coupon that ends within 24 hours cannot be cancelled.")
