"""Refusals that speak of games, stamps and coupons."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import AccessError, ConflictError, InvalidError, LoyaltyError, QuotaError

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


# --- what partners set up


class MultipleActiveCoupons(LoyaltyError):
    code = "MULTIPLE_ACTIVE_COUPONS"
    status = 400
    template = _(
        "Several unused coupons are held by {affected_customers} customers, {active_coupons_count} in all. Only when "
        "each has one at most can the game be limited to one."
    )


class GameTypeMismatch(LoyaltyError):
    code = "GAME_TYPE_MISMATCH"
    status = 400
    template = _("This is a game of another type.")


# --- Plays


class PlayLimitReached(QuotaError):
    code = "PLAY_LIMIT_REACHED"
    template = _("No more plays of this game today: {limit} a day. Try again tomorrow.")


class PlaysUsedUp(ConflictError):
    code = "PLAYS_USED_UP"
    template = _("Every play of this game is used up: {limit} a customer.")


class GameSoldOut(ConflictError):
    code = "GAME_SOLD_OUT"
    template = _("There is nothing left to win in this game now.")


class CollectionComplete(ConflictError):
    code = "COLLECTION_COMPLETE"
    template = _("This collection is complete already.")


class PlayNotActive(ConflictError):
    code = "PLAY_NOT_ACTIVE"
    template = _("This play is over: it is {status}.")


class AlreadyAnswered(ConflictError):
    code = "ALREADY_ANSWERED"
    template = _("This question was answered already, with another answer.")


class NothingToClaim(ConflictError):
    code = "NOTHING_TO_CLAIM"
    template = _("There is no reward to claim in this play.")


class RewardAlreadyClaimed(ConflictError):
    code = "REWARD_ALREADY_CLAIMED"
    template = _("This reward was claimed already.")
