"""Refusals that speak of games and coupons."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError

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
